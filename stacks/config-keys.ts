import { duration, flag, listOf, matching, type Reader, recordOf, text, whole } from "./config-values.ts";
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
  readonly postgresPort: number;
  readonly trustedCertificates: string | undefined;
  readonly prometheusUrl: string | undefined;
  readonly monitoring: boolean | undefined;
  readonly monitoringNamespace: string;
  readonly monitoringLabels: Readonly<Record<string, string>>;
  readonly defaults: Partial<UseCaseConfig>;
  readonly useCases: Readonly<Record<string, Partial<UseCaseConfig>>>;
  readonly allowDataLoss: readonly string[];
  readonly import: readonly string[];
}

export const REQUIRED = ["pulsarAdminUrl", "tenant", "namespace", "clusters"] as const;
export const SECRETS = ["pulsarAdminToken", "pulsarTokens", "metricsToken", "postgresUrl"] as const;

const NAME = matching(/^[A-Za-z0-9_][\w=:.-]*$/, "letters, digits and any of -=:._");
const DNS_LABEL = matching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "lower-case letters, digits and hyphens");
const HTTP_URL = matching(/^https?:\/\/[^/\s]+\/?$/, "a URL like https://host:8443");
const PULSAR_URL = matching(
  /^(pulsar(\+ssl)?|https?):\/\/\S+$/,
  "a URL like pulsar+ssl://host:6651, or https://host:8443 for the WebSocket API",
);
const THING = matching(
  /^(use-case|topic|subscription|order|cluster|namespace|tenant):\S+$/,
  'the kind of a thing and its name, like "topic:greet"',
);
const IMPORTED: Reader<string> = (value) => (value === "*" ? value : THING(value));

export const READERS: { readonly [K in keyof Settings]: Reader<Settings[K]> } = {
  pulsarAdminUrl: HTTP_URL,
  tenant: NAME,
  namespace: NAME,
  clusters: listOf(NAME),
  createTenant: flag,
  adminRoles: listOf(text),
  metricsRole: text,
  deduplication: flag,
  retention: duration,
  retentionMegabytes: whole(-1, 1_000_000_000),
  backlogQuotaMegabytes: whole(1, 1_000_000_000),
  messageTtl: duration,
  ensemble: whole(1, 100),
  writeQuorum: whole(1, 100),
  ackQuorum: whole(1, 100),
  delayHorizon: duration,
  kubernetesNamespace: DNS_LABEL,
  createKubernetesNamespace: flag,
  image: text,
  imagePullSecrets: listOf(text),
  pulsarUrl: PULSAR_URL,
  postgresPort: whole(1, 65_535),
  trustedCertificates: matching(/-----BEGIN CERTIFICATE-----/, "certificates in PEM"),
  prometheusUrl: matching(/^https?:\/\/\S+$/, "a URL like http://prometheus.monitoring:9090"),
  monitoring: flag,
  monitoringNamespace: DNS_LABEL,
  monitoringLabels: recordOf(text),
  defaults: useCaseConfig,
  useCases: recordOf(useCaseConfig),
  allowDataLoss: listOf(THING),
  import: listOf(IMPORTED),
};

/** Keys that hold lists or objects; Pulumi keeps all others as texts. */
export const STRUCTURED: ReadonlySet<string> = new Set<keyof Settings>([
  "clusters",
  "adminRoles",
  "imagePullSecrets",
  "monitoringLabels",
  "defaults",
  "useCases",
  "allowDataLoss",
  "import",
]);

const DAY_MS = 86_400_000;

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
  postgresPort: 5_432,
  trustedCertificates: undefined,
  prometheusUrl: undefined,
  monitoring: undefined,
  monitoringNamespace: "monitoring",
  monitoringLabels: {},
  defaults: {},
  useCases: {},
  allowDataLoss: [],
  import: [],
};
