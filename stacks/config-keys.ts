import { certificates, httpUrl, httpUrls, prometheusUrl, pulsarUrls } from "./address-values.ts";
import { type CaptureConfig, captureConfig } from "./capture-config.ts";
import {
  bad,
  duration,
  flag,
  isBad,
  listOf,
  matching,
  type Reader,
  recordOf,
  role,
  setOf,
  whole,
} from "./config-values.ts";
import { type GatewayConfig, gatewayConfig } from "./gateway-config.ts";
import { type Egress, egress } from "./kubernetes/egress.ts";
import { cidr, dnsLabel, imageReference, labelKey, labelValue, objectName } from "./kubernetes/values.ts";
import { type TargetConfig, targetConfig } from "./target-config.ts";
import { type UseCaseConfig, useCaseConfig } from "./use-case-config.ts";

/** What a stack's config may hold below `fivefold:`, besides secrets. docs/deploy.md explains each. */
export interface Settings {
  readonly pulsarAdminUrl: string;
  readonly tenant: string;
  readonly namespace: string;
  readonly clusters: readonly string[];
  readonly createTenant: boolean;
  readonly adminRoles: readonly string[];
  readonly metricsRole: string | undefined;
  readonly deduplication: boolean;
  /** In ms. */
  readonly retention: number;
  readonly retentionMegabytes: number;
  readonly backlogQuotaMegabytes: number;
  /** In ms; 0: none. */
  readonly messageTtl: number;
  readonly ensemble: number | undefined;
  readonly writeQuorum: number | undefined;
  readonly ackQuorum: number | undefined;
  /** In ms. */
  readonly delayHorizon: number;
  readonly kubernetesNamespace: string | undefined;
  readonly createKubernetesNamespace: boolean;
  readonly image: string | undefined;
  readonly imagePullSecrets: readonly string[];
  readonly pulsarUrl: string | undefined;
  readonly pulsarWebUrl: string | undefined;
  readonly pulsarClient: string | undefined;
  readonly postgresPort: number | undefined;
  readonly egress: readonly Egress[];
  /** In ms. */
  readonly rolloutWithin: number;
  readonly trustedCertificates: string | undefined;
  readonly prometheusUrl: string | undefined;
  readonly monitoring: boolean | undefined;
  readonly monitoringNamespace: string;
  readonly monitoringLabels: Readonly<Record<string, string>>;
  readonly defaults: Partial<UseCaseConfig>;
  readonly useCases: Readonly<Record<string, Partial<UseCaseConfig>>>;
  readonly gateway: Partial<GatewayConfig> | undefined;
  readonly capture: Partial<CaptureConfig> | undefined;
  readonly targets: Readonly<Record<string, Partial<TargetConfig>>>;
  readonly targetNetworks: readonly string[];
  readonly allowDataLoss: readonly string[];
  readonly import: readonly string[];
}

export const REQUIRED = ["pulsarAdminUrl", "tenant", "namespace", "clusters"] as const;
export const SECRETS = [
  "pulsarAdminToken",
  "pulsarTokens",
  "metricsToken",
  "gatewayToken",
  "gatewayTokens",
  "captureToken",
  "sources",
  "postgresUrl",
  "secretEnv",
] as const;

/** Tenants, namespaces and clusters, in the paths of Pulsar's admin API. */
const NAME = matching(/^(?!\.{1,2}$)[\w=:.-]+$/, "letters, digits and any of -=:._");
/** Pulsar's name for what all clusters share. */
const CLUSTER: Reader<string> = (value) => (value === "global" ? bad("the name of one cluster", value) : NAME(value));

/** Namespaces that every cluster has. */
const OWN_NAMESPACE = /^(default|kube-.*)$/;
const EXECUTOR_NAMESPACE: Reader<string> = (value) =>
  typeof value === "string" && OWN_NAMESPACE.test(value) ? bad("a namespace of your own", value) : dnsLabel(value);

const CLIENT = matching(/^(fivefold|libpulsar)$/, "fivefold or libpulsar");

const DAY_MS = 86_400_000;
/** Pulsar counts seconds in 32 bits, those of a retention too, which it is told in minutes. */
const SECONDS = duration((2 ** 31 - 1) * 1_000);
const HORIZON = duration(1_000_000 * DAY_MS);
const SHORTEST_ROLLOUT_MS = 30_000;
const ROLLOUT: Reader<number> = (value) => {
  const ms = duration(DAY_MS)(value);
  return isBad(ms) || ms >= SHORTEST_ROLLOUT_MS ? ms : bad("30s or longer, so that a pod can start at all", value);
};
const THING = matching(
  /^(use-case|topic|subscription|order|cluster|namespace|tenant):\S+$/,
  'the kind of a thing and its name, like "topic:greet"',
);
const IMPORTED: Reader<string> = (value) => (value === "*" ? value : THING(value));

export const READERS: { readonly [K in keyof Settings]: Reader<Settings[K]> } = {
  pulsarAdminUrl: httpUrl,
  tenant: NAME,
  namespace: NAME,
  clusters: setOf(CLUSTER),
  createTenant: flag,
  adminRoles: setOf(role),
  metricsRole: role,
  deduplication: flag,
  retention: SECONDS,
  retentionMegabytes: whole(-1, 1_000_000_000),
  backlogQuotaMegabytes: whole(1, 1_000_000_000),
  messageTtl: SECONDS,
  ensemble: whole(1, 100),
  writeQuorum: whole(1, 100),
  ackQuorum: whole(1, 100),
  delayHorizon: HORIZON,
  kubernetesNamespace: EXECUTOR_NAMESPACE,
  createKubernetesNamespace: flag,
  image: imageReference,
  imagePullSecrets: setOf(objectName),
  pulsarUrl: pulsarUrls,
  pulsarWebUrl: httpUrls,
  pulsarClient: CLIENT,
  postgresPort: whole(1, 65_535),
  egress,
  rolloutWithin: ROLLOUT,
  trustedCertificates: certificates,
  prometheusUrl,
  monitoring: flag,
  monitoringNamespace: dnsLabel,
  monitoringLabels: recordOf(labelValue, labelKey),
  defaults: useCaseConfig,
  useCases: recordOf(useCaseConfig),
  gateway: gatewayConfig,
  capture: captureConfig,
  targets: recordOf(targetConfig),
  targetNetworks: setOf(cidr),
  allowDataLoss: listOf(THING),
  import: listOf(IMPORTED),
};

/** Keys that hold lists or objects; Pulumi keeps all others as texts. */
export const STRUCTURED: ReadonlySet<string> = new Set<keyof Settings>([
  "clusters",
  "adminRoles",
  "imagePullSecrets",
  "egress",
  "monitoringLabels",
  "defaults",
  "useCases",
  "gateway",
  "capture",
  "targets",
  "targetNetworks",
  "allowDataLoss",
  "import",
]);

export const DEFAULTS: Settings = {
  pulsarAdminUrl: "",
  tenant: "",
  namespace: "",
  clusters: [],
  createTenant: true,
  adminRoles: [],
  metricsRole: undefined,
  deduplication: true,
  retention: DAY_MS,
  retentionMegabytes: 10_240,
  backlogQuotaMegabytes: 8_192,
  messageTtl: 0,
  ensemble: undefined,
  writeQuorum: undefined,
  ackQuorum: undefined,
  // The longest delay that a use case can declare: the database keeps what it holds.
  delayHorizon: 365 * DAY_MS,
  kubernetesNamespace: undefined,
  createKubernetesNamespace: true,
  image: undefined,
  imagePullSecrets: [],
  pulsarUrl: undefined,
  pulsarWebUrl: undefined,
  pulsarClient: undefined,
  postgresPort: undefined,
  egress: [],
  rolloutWithin: 5 * 60_000,
  trustedCertificates: undefined,
  prometheusUrl: undefined,
  monitoring: undefined,
  monitoringNamespace: "monitoring",
  monitoringLabels: {},
  defaults: {},
  useCases: {},
  gateway: undefined,
  capture: undefined,
  targets: {},
  targetNetworks: [],
  allowDataLoss: [],
  import: [],
};
