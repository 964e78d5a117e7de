import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { splitUrls } from "../address-values.ts";
import { type Egress, egressRule, NAMESPACE_NAME, peerOf } from "./egress.ts";
import type { Peer } from "./peer.ts";
import { METRICS_PORT } from "./pod.ts";
import type { Services } from "./services.ts";

type PolicySpec = types.input.networking.v1.NetworkPolicySpec;
type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;
type PolicyPeer = types.input.networking.v1.NetworkPolicyPeer;

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "pulsar:": 6_650,
  "pulsar+ssl:": 6_651,
  "http:": 80,
  "https:": 443,
};

export interface NetworkSettings {
  readonly podLabels: Readonly<Record<string, string>>;
  readonly services: Services;
  readonly egress: readonly Egress[];
  /** The Kubernetes namespace that metrics are collected from. */
  readonly monitoringNamespace: pulumi.Input<string>;
  /** Default: nobody connects but for metrics. */
  readonly ingress?: Ingress | undefined;
}

/** A port of pods, and who may connect to it. */
export interface Ingress {
  readonly port: number;
  readonly from: readonly Peer[];
}

const POSTGRES_PORT = 5_432;

/** Whatever is not listed is refused, in both directions. */
export function networkPolicy(settings: NetworkSettings): pulumi.Output<PolicySpec> {
  const { services } = settings;
  const { pulsarUrl, pulsarAdminUrl, postgresPort = POSTGRES_PORT } = services;
  return pulumi
    .all([pulsarUrl, pulsarAdminUrl, postgresPort, settings.monitoringNamespace])
    .apply(([pulsarUrl, pulsarAdminUrl, postgresPort, monitoringNamespace]) =>
      policySpec(settings, { pulsarUrl, pulsarAdminUrl, postgresPort, monitoringNamespace }),
    );
}

interface Places {
  readonly pulsarUrl: string;
  readonly pulsarAdminUrl: string;
  readonly postgresPort: number;
  readonly monitoringNamespace: string;
}

function policySpec({ podLabels, egress, ingress }: NetworkSettings, places: Places): PolicySpec {
  return {
    podSelector: { matchLabels: podLabels },
    policyTypes: ["Ingress", "Egress"],
    ingress: [
      {
        from: [{ namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: places.monitoringNamespace } } }],
        ports: [{ protocol: "TCP", port: METRICS_PORT }],
      },
      ...(ingress ? [{ from: ingress.from.map(peerOf), ports: [{ protocol: "TCP", port: ingress.port }] }] : []),
    ],
    egress: [
      dns(),
      ...[...splitUrls(places.pulsarUrl), ...splitUrls(places.pulsarAdminUrl)].map(toUrl),
      { to: anywhere(), ports: [{ protocol: "TCP", port: places.postgresPort }] },
      ...egress.map(egressRule),
    ],
  };
}

/** The cluster's own DNS, also where each node keeps a cache of it. */
function dns(): EgressRule {
  return {
    to: [
      { namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: "kube-system" } } },
      { ipBlock: { cidr: "169.254.20.10/32" } },
    ],
    ports: ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 })),
  };
}

/** A service of the cluster is known by its namespace; of others a policy can know the port alone. */
function toUrl(url: string): EgressRule {
  const { protocol, hostname, port } = new URL(url);
  const namespace = /^[^.]+\.([^.]+)\.svc(\.|$)/.exec(hostname)?.[1];
  const to = namespace ? [{ namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: namespace } } }] : anywhere();
  return { to, ports: [{ protocol: "TCP", port: port === "" ? (DEFAULT_PORTS[protocol] ?? 443) : Number(port) }] };
}

function anywhere(): PolicyPeer[] {
  return [{ ipBlock: { cidr: "0.0.0.0/0" } }, { ipBlock: { cidr: "::/0" } }];
}
