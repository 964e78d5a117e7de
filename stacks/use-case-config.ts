import { duration, fieldsOf, flag, listOf, matching, type Reader, recordOf, text, whole } from "./config-values.ts";

/** Where an executor may connect to, besides Pulsar, PostgreSQL and the cluster's DNS. */
export interface Egress {
  /** Addresses: `10.0.0.0/8`. */
  readonly cidr: string;
  readonly ports: readonly number[];
}

/** What is decided for each environment and use case, and no part of the use case. */
export interface UseCaseConfig {
  /** Partitions of the events' topic; 0: not partitioned, for good. Default 1, to which more can be added. */
  readonly partitions: number;
  /** Roles that may enqueue. Default none. */
  readonly producers: readonly string[];
  /** The role of the executor. Absent: no permissions are granted to it. */
  readonly executorRole: string | undefined;
  /** Roles that may read dead letters. Default none. */
  readonly deadLetterReaders: readonly string[];
  /** Whether an executor is deployed. Default true. */
  readonly executor: boolean;
  /** The executor's container image. */
  readonly image: string | undefined;
  /** Default: the use case's `execution.scale`, or 1. 0: starts with the first task that is ready. */
  readonly minReplicas: number;
  /** Default: the use case's `execution.scale`, or 10. */
  readonly maxReplicas: number;
  /** Tasks ready or in flight, for each subscriber and replica, at which another replica starts. Default: what one has in flight at most. */
  readonly tasksPerReplica: number | undefined;
  /** CPU that a replica is given room for. Default `100m`. There is no limit: it would slow down what a quiet node could do. */
  readonly cpu: string;
  /** Memory that a replica gets at most. Default `512Mi`. */
  readonly memory: string;
  /** Longest that running tasks get to end. Default 25 s, or the longest timeout of a subscriber if that is more. */
  readonly drainMs: number | undefined;
  /** Variables of the handlers' environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of Kubernetes secrets whose keys become variables of the handlers' environment. */
  readonly envSecrets: readonly string[];
  readonly egress: readonly Egress[];
}

export const USE_CASE_DEFAULTS: UseCaseConfig = {
  partitions: 1,
  producers: [],
  executorRole: undefined,
  deadLetterReaders: [],
  executor: true,
  image: undefined,
  minReplicas: 1,
  maxReplicas: 10,
  tasksPerReplica: undefined,
  cpu: "100m",
  memory: "512Mi",
  drainMs: undefined,
  env: {},
  envSecrets: [],
  egress: [],
};

/** As people write it: durations are texts. */
type WrittenConfig = Omit<UseCaseConfig, "drainMs"> & { readonly drain: number };

const CIDR = matching(/^[0-9a-fA-F.:]+\/\d+$/, 'addresses like "10.0.0.0/8"');
const QUANTITY = matching(/^\d+(\.\d+)?(m|k|M|G|Ki|Mi|Gi)?$/, 'a quantity of Kubernetes, like "500m" or "512Mi"');

const written = fieldsOf<WrittenConfig>({
  partitions: whole(0, 1_024),
  producers: listOf(text),
  executorRole: text,
  deadLetterReaders: listOf(text),
  executor: flag,
  image: text,
  minReplicas: whole(0, 1_000),
  maxReplicas: whole(1, 1_000),
  tasksPerReplica: whole(1, 1_000_000),
  cpu: QUANTITY,
  memory: QUANTITY,
  drain: duration,
  env: recordOf(text),
  envSecrets: listOf(text),
  egress: listOf((value) => {
    const read = fieldsOf<Egress>({ cidr: CIDR, ports: listOf(whole(1, 65_535)) })(value);
    if ("problem" in read) return read;
    const { cidr, ports } = read;
    if (cidr !== undefined && ports !== undefined && ports.length > 0) return { cidr, ports };
    return { at: "", problem: `must have cidr and ports, found ${JSON.stringify(value)}` };
  }),
});

/** What is set of a use case's config; the rest is default. */
export const useCaseConfig: Reader<Partial<UseCaseConfig>> = (value) => {
  const read = written(value);
  if ("problem" in read) return read;
  const { drain, ...config } = read;
  return drain === undefined ? config : { ...config, drainMs: drain };
};
