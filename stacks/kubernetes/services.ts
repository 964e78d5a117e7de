import type * as pulumi from "@pulumi/pulumi";

/** What a process of the runtime is told of the services that it uses. */
export interface Services {
  /** `pulsar+ssl://host:6651`, or `https://host:8443` for the WebSocket API; several are separated by commas. */
  readonly pulsarUrl: pulumi.Input<string>;
  /** Pulsar's web service, as executors reach it; as many as there are brokers' URLs. */
  readonly pulsarAdminUrl: pulumi.Input<string>;
  /** Who speaks with a broker service: `fivefold`, or `libpulsar`, with which the image must have been staged. Absent: `fivefold`. */
  readonly pulsarClient?: pulumi.Input<string> | undefined;
  /** `tenant/namespace` of all topics. */
  readonly pulsarNamespace: pulumi.Input<string>;
  /** Absent: comes as nobody. */
  readonly pulsarToken?: pulumi.Input<string> | undefined;
  /** With user and password. */
  readonly postgresUrl: pulumi.Input<string>;
  /** Where PostgreSQL listens: its URL is a secret, which a network policy can't be made of. Default 5432. */
  readonly postgresPort?: pulumi.Input<number> | undefined;
  /** Authorities that Node does not know, in PEM. */
  readonly trustedCertificates?: pulumi.Input<string> | undefined;
}

export const POSTGRES_VARIABLE = "FIVEFOLD_POSTGRES_URL";
export const PULSAR_TOKEN_KEY = "pulsar-token";
export const CERTIFICATES_KEY = "trusted-certificates.pem";
/** Where secrets and certificates are mounted. */
export const MOUNT = { token: "/var/run/fivefold/pulsar", certificates: "/var/run/fivefold/certificates" } as const;

/** The variables of a process that are no secrets. */
export function environmentOf(services: Services): Record<string, pulumi.Input<string>> {
  return {
    FIVEFOLD_PULSAR_URL: services.pulsarUrl,
    FIVEFOLD_PULSAR_ADMIN_URL: services.pulsarAdminUrl,
    ...(services.pulsarClient === undefined ? {} : { FIVEFOLD_PULSAR_CLIENT: services.pulsarClient }),
    FIVEFOLD_PULSAR_NAMESPACE: services.pulsarNamespace,
    // A file, which is read again at every connection.
    ...(services.pulsarToken === undefined ? {} : { FIVEFOLD_PULSAR_TOKEN_FILE: `${MOUNT.token}/${PULSAR_TOKEN_KEY}` }),
    ...(services.trustedCertificates === undefined
      ? {}
      : { NODE_EXTRA_CA_CERTS: `${MOUNT.certificates}/${CERTIFICATES_KEY}` }),
  };
}

/** All variables that are never a handler's to set. */
export function ownVariables(hasCertificates: boolean): string[] {
  const services = { pulsarUrl: "", pulsarAdminUrl: "", pulsarNamespace: "", pulsarToken: "", postgresUrl: "" };
  const all = { ...services, ...(hasCertificates ? { trustedCertificates: "" } : {}) };
  return [...Object.keys(environmentOf(all)), POSTGRES_VARIABLE];
}
