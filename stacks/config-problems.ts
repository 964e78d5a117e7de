import { isBrokerUrl, splitUrls } from "./address-values.ts";
import type { Settings } from "./config-keys.ts";
import { durationText } from "./config-values.ts";
import { COLD_START_SECONDS } from "./kubernetes/autoscaling.ts";
import { ownVariables } from "./kubernetes/services.ts";
import type { ManifestUseCase } from "./manifest.ts";
import { targetProblems, unknownTargets } from "./target-config.ts";
import type { UseCaseConfig } from "./use-case-config.ts";

interface ConfiguredUseCase {
  readonly useCase: ManifestUseCase;
  readonly config: UseCaseConfig;
}

/** What parts of a stack's config, each of them right, have against each other or against the use cases. */
export function contradictions(settings: Settings, useCases: readonly ConfiguredUseCase[]): string[] {
  const runs = settings.kubernetesNamespace !== undefined;
  return [
    ...unknownUseCases(settings, useCases),
    ...unknownTargets(
      settings,
      useCases.map(({ useCase }) => useCase),
    ),
    ...quorumProblems(settings),
    ...retentionProblems(settings),
    ...pulsarUrlProblems(settings),
    ...useCases.flatMap(({ useCase, config }) => useCaseProblems(useCase, config, settings)),
    ...(runs ? nobodyAwake(useCases) : []),
  ];
}

function unknownUseCases(settings: Settings, useCases: readonly ConfiguredUseCase[]): string[] {
  const known = useCases.map(({ useCase }) => useCase.name);
  return Object.keys(settings.useCases)
    .filter((name) => !known.includes(name))
    .map((name) => `fivefold:useCases.${name} is for no use case; there are ${known.join(", ")}.`);
}

function quorumProblems(settings: Settings): string[] {
  const { ensemble, writeQuorum, ackQuorum } = quorumsOf(settings);
  if (ensemble === undefined) {
    const lonely = (["writeQuorum", "ackQuorum"] as const).filter((key) => settings[key] !== undefined);
    return lonely.map((key) => `fivefold:${key} takes effect with fivefold:ensemble alone, which is missing.`);
  }
  if (ensemble >= (writeQuorum ?? 0) && (writeQuorum ?? 0) >= (ackQuorum ?? 0)) return [];
  return [
    `fivefold:ensemble is ${ensemble}, writeQuorum ${writeQuorum}, ackQuorum ${ackQuorum}: none may exceed the one before it.`,
  ];
}

/** Pulsar answers 412 to these. */
function retentionProblems({ retention, retentionMegabytes, backlogQuotaMegabytes }: Settings): string[] {
  const problems: string[] = [];
  if ((retention === 0) !== (retentionMegabytes === 0)) {
    problems.push(
      `fivefold:retention is ${durationText(retention)} and retentionMegabytes ${retentionMegabytes}: Pulsar takes 0 for ` +
        "both, to keep nothing that is handled, or for neither.",
    );
  }
  if (retentionMegabytes > 0 && retentionMegabytes <= backlogQuotaMegabytes) {
    problems.push(
      `fivefold:retentionMegabytes is ${retentionMegabytes} and backlogQuotaMegabytes ${backlogQuotaMegabytes}: Pulsar ` +
        "takes a retention alone that is larger than the quota. Raise the one or lower the other; -1 keeps any number.",
    );
  }
  return problems;
}

/** Topics are looked after through the web service of each cluster. */
function pulsarUrlProblems({ pulsarUrl, pulsarWebUrl, pulsarAdminUrl }: Settings): string[] {
  const urls = splitUrls(pulsarUrl ?? "");
  const webUrls = splitUrls(pulsarWebUrl ?? pulsarAdminUrl);
  if (pulsarUrl === undefined || !urls.some(isBrokerUrl) || urls.length === webUrls.length) return [];
  return [
    `fivefold:pulsarUrl names ${urls.length} clusters by their brokers, and there are ${webUrls.length} web services: set ` +
      "fivefold:pulsarWebUrl to as many URLs, in the same order.",
  ];
}

/** What Pulsar takes for those that are not set. */
export function quorumsOf({ ensemble, writeQuorum = ensemble, ackQuorum = writeQuorum }: Settings) {
  return { ensemble, writeQuorum, ackQuorum };
}

/** Where a use case asks for more than this environment gives. */
function useCaseProblems(useCase: ManifestUseCase, config: UseCaseConfig, of: Settings) {
  const { name, file, execution, settings } = useCase;
  const { latencyObjectiveMs } = execution;
  const { maxDelayMs } = settings;
  const problems: string[] = [];
  const asked = `Use case '${name}' accepts delays of up to ${durationText(maxDelayMs)} (scheduler.maxDelay of ${file})`;
  if (maxDelayMs > of.delayHorizon) {
    problems.push(
      `${asked}, and the delay store keeps them for ${durationText(of.delayHorizon)} at most (fivefold:delayHorizon). ` +
        "Lower the one, or raise the other if the database is kept and backed up for that long.",
    );
  }
  if (of.messageTtl > 0 && maxDelayMs > of.messageTtl) {
    problems.push(
      `${asked}, and Pulsar drops messages after ${durationText(of.messageTtl)}, counted from publishing ` +
        "(fivefold:messageTtl). Lower the one, or raise the other; 0s drops none.",
    );
  }
  if (config.minReplicas > config.maxReplicas) {
    problems.push(
      `Use case '${name}' has at least ${config.minReplicas} replicas and at most ${config.maxReplicas}. Set minReplicas ` +
        "to no more than maxReplicas.",
    );
  }
  if (of.kubernetesNamespace === undefined || !config.executor) return problems;
  problems.push(...variableProblems(name, config, of), ...targetProblems(useCase, config, of));
  if (config.image === undefined) {
    problems.push(`Use case '${name}' has no image. Set fivefold:image, or fivefold:useCases.${name}.image.`);
  }
  if (config.minReplicas === 0 && of.prometheusUrl === undefined) {
    problems.push(
      `Use case '${name}' has minReplicas 0, and nothing would start a replica. Set fivefold:prometheusUrl for KEDA to ask.`,
    );
  }
  if (config.minReplicas === 0 && latencyObjectiveMs > 0 && latencyObjectiveMs < COLD_START_SECONDS * 1_000) {
    problems.push(
      `Use case '${name}' has minReplicas 0, and its tasks are to be done within ${durationText(latencyObjectiveMs)} ` +
        `(execution.latencyObjective of ${file}): without a replica it takes up to ` +
        `${durationText(COLD_START_SECONDS * 1_000)} until the first one runs. Set minReplicas to 1.`,
    );
  }
  return problems;
}

/** The most that a ConfigMap holds, with room for what the stack puts into it. */
const MAX_CONFIG_MAP_BYTES = 1_000_000;

function variableProblems(
  useCase: string,
  { env, secretEnv }: UseCaseConfig,
  { trustedCertificates }: Settings,
): string[] {
  const problems: string[] = [];
  const taken = ownVariables(trustedCertificates !== undefined);
  for (const name of [...Object.keys(env), ...Object.keys(secretEnv)]) {
    if (taken.includes(name)) {
      problems.push(`Use case '${useCase}' has a variable ${name}, which the stack sets itself: take it out.`);
    }
  }
  for (const name of Object.keys(env).filter((name) => Object.hasOwn(secretEnv, name))) {
    problems.push(`Use case '${useCase}' has a variable ${name} both in env and in fivefold:secretEnv: keep one.`);
  }
  const texts = [...Object.entries(env).flat(), trustedCertificates ?? ""];
  const bytes = texts.reduce((sum, one) => sum + (typeof one === "string" ? Buffer.byteLength(one) : 0), 0);
  if (bytes > MAX_CONFIG_MAP_BYTES) {
    problems.push(
      `Use case '${useCase}' has ${bytes} bytes of variables and certificates, and a ConfigMap takes ` +
        `${MAX_CONFIG_MAP_BYTES}: put files into the image.`,
    );
  }
  return problems;
}

/** What is delayed or tried again waits in the delay store, and only executors look there. */
function nobodyAwake(useCases: readonly ConfiguredUseCase[]): string[] {
  const running = useCases.filter(({ config }) => config.executor);
  if (running.length === 0 || running.some(({ config }) => config.minReplicas > 0)) return [];
  return [
    "All executors have minReplicas 0: once each has ended, delayed tasks and retries that come due would stay where they " +
      "are until new events start one. Set minReplicas of one use case to 1, the busiest best: it brings back those of all.",
  ];
}
