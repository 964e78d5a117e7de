import * as pulumi from "@pulumi/pulumi";
import { type CaptureSettings, capturedBy, readCapture } from "./capture-config.ts";
import { DEFAULTS, READERS, REQUIRED, SECRETS, type Settings, STRUCTURED } from "./config-keys.ts";
import { contradictions, quorumsOf } from "./config-problems.ts";
import { checkToken, readPostgres, readSecretEnv, readTokens, secretEnvOf, type Tokens } from "./config-secrets.ts";
import { isBad, type Reader } from "./config-values.ts";
import { type GatewaySettings, readGateway } from "./gateway-config.ts";
import type { Egress } from "./kubernetes/egress.ts";
import type { PodExtras } from "./kubernetes/pod-extras.ts";
import type { ManifestUseCase } from "./manifest.ts";
import type { NamespacePolicies } from "./pulsar/namespace-policies.ts";
import { withTargets } from "./target-config.ts";
import { FAIR_PARTITIONS, USE_CASE_DEFAULTS, type UseCaseConfig } from "./use-case-config.ts";

/** One environment in one home, as its stack's config says. */
export interface StackConfig {
  readonly tenant: string;
  /** Whether the stack makes the tenant, which takes a super user. */
  readonly createTenant: boolean;
  readonly adminRoles: readonly string[];
  /** `tenant/namespace`. */
  readonly pulsarNamespace: string;
  readonly policies: NamespacePolicies;
  /** The role of the process that shows backlogs. Absent: it is granted nothing. */
  readonly metricsRole: string | undefined;
  /** Roles of all executors, in alphabetical order. */
  readonly workerRoles: readonly string[];
  /** The image of all use cases that have none of their own. */
  readonly image: string | undefined;
  /** Absent: topics are provisioned, and nothing runs. */
  readonly kubernetes: KubernetesConfig | undefined;
  /** The gateway's role. Absent: it is granted nothing. */
  readonly gatewayRole: string | undefined;
  /** The role of what captures, where it may enqueue to this use case. */
  captureRole(useCase: string): string | undefined;
  useCase(name: string): UseCaseConfig;
}

export interface KubernetesConfig {
  readonly namespace: string;
  readonly createNamespace: boolean;
  /** The broker service, or the web service. */
  readonly pulsarUrl: string;
  /** The web service, as executors reach it. */
  readonly pulsarAdminUrl: string;
  /** `fivefold` or `libpulsar`. Absent: the default. */
  readonly pulsarClient: string | undefined;
  /** `tenant/namespace`. */
  readonly pulsarNamespace: string;
  /** Absent: executors come as nobody. */
  readonly pulsarTokens: Tokens | undefined;
  /** Of the process that shows backlogs. */
  readonly metricsToken: pulumi.Output<string> | undefined;
  /** What takes events by HTTP. Absent: nothing does. */
  readonly gateway: GatewaySettings | undefined;
  /** What turns databases' changes into events. Absent: nothing does. */
  readonly capture: CaptureSettings | undefined;
  readonly postgresUrl: pulumi.Output<string>;
  readonly postgresPort: number;
  /** In PEM. */
  readonly trustedCertificates: string | undefined;
  readonly imagePullSecrets: readonly string[];
  /** Where all pods may connect to, besides what they need. */
  readonly egress: readonly Egress[];
  /** What the platform wants of pods that are no use case's. */
  readonly pod: PodExtras;
  /** Longest that a rollout may take before it counts as failed. */
  readonly rolloutWithinMs: number;
  /** Whom KEDA asks for backlogs. Absent: no autoscaling. */
  readonly prometheusUrl: string | undefined;
  /**
   * Labels by which the Prometheus operator picks what is for it. Absent: there are no alerts, no dashboard, and no
   * order to collect metrics.
   */
  readonly monitoringLabels: Readonly<Record<string, string>> | undefined;
  /** The Kubernetes namespace that metrics are collected from. */
  readonly monitoringNamespace: string;
}

/** Reads the config of the stack that runs. Throws a RunError, which Pulumi shows without a stack, that lists all faults. */
export function readConfig(useCases: readonly ManifestUseCase[]): StackConfig {
  const config = new pulumi.Config("fivefold");
  const problems = [...unknownKeys(), ...plainSecrets(config), ...secretSettings()];
  const settings: Settings = { ...DEFAULTS, ...readSettings(config, problems) };
  for (const key of REQUIRED) {
    if (settings[key].length === 0) problems.push(`fivefold:${key} is missing. docs/deploy.md says what it is.`);
  }
  const all = useCases.map(({ name }) => name);
  const secretEnv = readSecretEnv(config, { all, running: [] }, problems);
  const useCaseConfig = (name: string): UseCaseConfig => {
    const useCase = useCases.find((one) => one.name === name);
    const config = {
      ...USE_CASE_DEFAULTS,
      ...(useCase?.settings.fair && { partitions: FAIR_PARTITIONS }),
      image: settings.image,
      ...settings.defaults,
      ...scaleOf(useCase),
      ...(Object.hasOwn(settings.useCases, name) ? settings.useCases[name] : {}),
      secretEnv: secretEnvOf(secretEnv, name),
    };
    return withTargets(config, useCase, settings);
  };
  const configured = useCases.map((useCase) => ({ useCase, config: useCaseConfig(useCase.name) }));
  problems.push(...contradictions(settings, configured));
  checkToken(config, "pulsarAdminToken", problems);
  checkToken(config, "metricsToken", problems);
  checkToken(config, "gatewayToken", problems);
  checkToken(config, "captureToken", problems);
  const running = configured.filter(({ config: { executor } }) => executor).map(({ useCase }) => useCase.name);
  const names = { all, running };
  const pulsarTokens = readTokens(config, names, problems);
  const kubernetes =
    settings.kubernetesNamespace === undefined
      ? undefined
      : readKubernetes(config, settings, useCases, pulsarTokens, problems);
  const sleeper = configured.find(({ config: { executor, minReplicas } }) => executor && minReplicas === 0);
  if (kubernetes?.pulsarTokens && !kubernetes.metricsToken && sleeper) {
    problems.push(
      `fivefold:metricsToken is missing: '${sleeper.useCase.name}' has minReplicas 0, and what shows its backlog comes ` +
        "with a token where executors do. pulumi config set --secret fivefold:metricsToken",
    );
  }
  if (problems.length > 0) {
    throw new pulumi.RunError(`The config of stack '${pulumi.getStack()}' can't be used:\n  ${problems.join("\n  ")}`);
  }
  const captured = capturedBy({ outboxes: settings.capture?.outboxes ?? [] }, useCases);
  return {
    tenant: settings.tenant,
    createTenant: settings.createTenant,
    adminRoles: settings.adminRoles.toSorted(),
    pulsarNamespace: namespaceOf(settings),
    policies: policiesOf(settings),
    metricsRole: settings.metricsRole,
    image: settings.image,
    workerRoles: [...new Set(configured.flatMap(({ config }) => config.executorRole ?? []))].toSorted(),
    kubernetes,
    gatewayRole: settings.gateway?.role,
    captureRole: (useCase) => (captured.includes(useCase) ? settings.capture?.role : undefined),
    useCase: useCaseConfig,
  };
}

/** What a use case says of itself comes before what is said of all, and after what is said of it here. */
function scaleOf(useCase: ManifestUseCase | undefined): Partial<UseCaseConfig> {
  const { minProcesses = null, maxProcesses = null } = useCase?.execution ?? {};
  return {
    ...(minProcesses !== null && { minReplicas: minProcesses }),
    ...(maxProcesses !== null && { maxReplicas: maxProcesses }),
  };
}

function unknownKeys(): string[] {
  const known: readonly string[] = [...Object.keys(READERS), ...SECRETS];
  return Object.keys(pulumi.runtime.allConfig())
    .filter((key) => key.startsWith("fivefold:") && !known.includes(key.slice("fivefold:".length)))
    .map((key) => `${key} is unknown; known are ${known.toSorted().join(", ")}.`);
}

/** The public types of Pulumi don't know it. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret?: (key: string) => boolean };

/** What is committed beside the program must not be readable to all who can read that. */
function plainSecrets(config: pulumi.Config): string[] {
  return SECRETS.filter((key) => config.get(key) !== undefined && isConfigSecret?.(`fivefold:${key}`) === false).map(
    (key) => `fivefold:${key} stands in the config as plain text: pulumi config set --secret fivefold:${key}`,
  );
}

/** What use cases are told stands in ConfigMaps, for all to read who may read the namespace. */
function secretSettings(): string[] {
  return ["defaults", "useCases"]
    .filter((key) => isConfigSecret?.(`fivefold:${key}`) === true)
    .map(
      (key) =>
        `fivefold:${key} is set as a secret, and what it says would stand in the cluster in plain. Secret variables are ` +
        "fivefold:secretEnv: pulumi config set --secret --path 'fivefold:secretEnv[\"*\"].NAME'",
    );
}

function readSettings(config: pulumi.Config, problems: string[]): Partial<Settings> {
  const settings: Record<string, unknown> = {};
  for (const [key, read] of Object.entries(READERS) as [string, Reader<unknown>][]) {
    if (config.get(key) === undefined) continue;
    const value = read(STRUCTURED.has(key) ? structured(config, key) : config.get(key));
    if (isBad(value)) problems.push(`fivefold:${key}${value.at} ${value.problem}.`);
    else settings[key] = value;
  }
  return settings;
}

/** What is no JSON stays a text, for its reader to refuse. */
function structured(config: pulumi.Config, key: string): unknown {
  try {
    return config.getObject(key);
  } catch {
    return config.get(key);
  }
}

function readKubernetes(
  config: pulumi.Config,
  settings: Settings,
  useCases: readonly ManifestUseCase[],
  pulsarTokens: Tokens | undefined,
  problems: string[],
): KubernetesConfig | undefined {
  const { kubernetesNamespace: namespace, pulsarUrl, pulsarAdminUrl, prometheusUrl } = settings;
  const postgresUrl = config.getSecret("postgresUrl");
  const postgres = readPostgres(config, problems);
  if (pulsarUrl === undefined) {
    problems.push("fivefold:pulsarUrl is missing: executors need Pulsar's URL. docs/deploy.md says what it is.");
  }
  if (postgresUrl === undefined) {
    problems.push(
      "fivefold:postgresUrl is missing: executors keep delays and retries in PostgreSQL. " +
        "pulumi config set --secret fivefold:postgresUrl",
    );
  }
  const capture = readCapture(config, settings, useCases, pulsarTokens !== undefined, problems);
  if (namespace === undefined || pulsarUrl === undefined || postgresUrl === undefined) return undefined;
  return {
    namespace,
    createNamespace: settings.createKubernetesNamespace,
    pulsarUrl,
    pulsarAdminUrl: settings.pulsarWebUrl ?? pulsarAdminUrl,
    pulsarClient: settings.pulsarClient,
    pulsarNamespace: namespaceOf(settings),
    pulsarTokens,
    metricsToken: config.getSecret("metricsToken"),
    gateway: readGateway(config, settings, pulsarTokens !== undefined, problems),
    capture,
    postgresUrl,
    postgresPort: settings.postgresPort ?? postgres?.port ?? 5_432,
    trustedCertificates: settings.trustedCertificates,
    imagePullSecrets: settings.imagePullSecrets,
    egress: settings.egress,
    pod: settings.defaults.pod ?? {},
    rolloutWithinMs: settings.rolloutWithin,
    prometheusUrl,
    monitoringLabels: (settings.monitoring ?? prometheusUrl !== undefined) ? settings.monitoringLabels : undefined,
    monitoringNamespace: settings.monitoringNamespace,
  };
}

function namespaceOf({ tenant, namespace }: Settings): string {
  return `${tenant}/${namespace}`;
}

function policiesOf(settings: Settings): NamespacePolicies {
  const { ensemble, writeQuorum, ackQuorum } = quorumsOf(settings);
  const policies: NamespacePolicies = {
    clusters: settings.clusters.toSorted(),
    deduplication: settings.deduplication,
    autoCreation: false,
    deleteInactiveTopics: false,
    subscriptionExpirationMinutes: 0,
    retentionMinutes: Math.ceil(settings.retention / 60_000),
    retentionMegabytes: settings.retentionMegabytes,
    backlogQuotaMegabytes: settings.backlogQuotaMegabytes,
    messageTtlSeconds: settings.messageTtl / 1_000,
    schemaCompatibility: "ALWAYS_COMPATIBLE",
    schemaAutoUpdate: false,
    schemaValidation: false,
  };
  if (ensemble === undefined || writeQuorum === undefined || ackQuorum === undefined) return policies;
  return { ...policies, persistence: { ensemble, writeQuorum, ackQuorum } };
}
