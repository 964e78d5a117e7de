import * as pulumi from "@pulumi/pulumi";

/** What a process of the runtime is told of the services that it uses. */
export interface Services {
  /** `pulsar+ssl://host:6651`, or `https://host:8443` for the WebSocket API. */
  readonly pulsarUrl: string;
  /** Pulsar's web service. */
  readonly pulsarAdminUrl: string;
  /** `tenant/namespace` of all topics. */
  readonly pulsarNamespace: string;
  /** Absent: comes as nobody. */
  readonly pulsarToken?: pulumi.Input<string> | undefined;
  /** With user and password. */
  readonly postgresUrl: pulumi.Input<string>;
  /** Where PostgreSQL listens: its URL is a secret, which a network policy can't be made of. */
  readonly postgresPort: number;
  /** Authorities that Node does not know, in PEM. */
  readonly trustedCertificates?: string | undefined;
}

export const POSTGRES_URL_KEY = "postgres-url";
export const PULSAR_TOKEN_KEY = "pulsar-token";
export const CERTIFICATES_KEY = "trusted-certificates.pem";
/** Where secrets and certificates are mounted. */
export const MOUNT = { token: "/var/run/fivefold/pulsar", certificates: "/var/run/fivefold/certificates" } as const;

/** The variables of a process that are no secrets. */
export function environmentOf(services: Services): Record<string, string> {
  return {
    FIVEFOLD_PULSAR_URL: services.pulsarUrl,
    FIVEFOLD_PULSAR_ADMIN_URL: services.pulsarAdminUrl,
    FIVEFOLD_PULSAR_NAMESPACE: services.pulsarNamespace,
    // A file, not a variable: Kubernetes renews it in place, and it is read again at every connection.
    ...(services.pulsarToken === undefined ? {} : { FIVEFOLD_PULSAR_TOKEN_FILE: `${MOUNT.token}/${PULSAR_TOKEN_KEY}` }),
    ...(services.trustedCertificates === undefined
      ? {}
      : { NODE_EXTRA_CA_CERTS: `${MOUNT.certificates}/${CERTIFICATES_KEY}` }),
  };
}

/** The data of the Secret beside it. */
export function secretsOf({ postgresUrl, pulsarToken }: Services): Record<string, pulumi.Output<string>> {
  return {
    [POSTGRES_URL_KEY]: pulumi.secret(postgresUrl),
    ...(pulsarToken === undefined ? {} : { [PULSAR_TOKEN_KEY]: pulumi.secret(pulsarToken) }),
  };
}
