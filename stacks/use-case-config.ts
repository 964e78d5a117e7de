import type * as pulumi from "@pulumi/pulumi";
import { duration, fieldsOf, flag, type Reader, recordOf, role, setOf, whole } from "./config-values.ts";
import { type Egress, egress } from "./kubernetes/egress.ts";
import type { Peer } from "./kubernetes/peer.ts";
import { type PodExtras, podExtras } from "./kubernetes/pod-extras.ts";
import { cpu, envName, envValue, imageReference, memory, objectName } from "./kubernetes/values.ts";

/** What is decided for each environment and use case, and no part of the use case. */
export interface UseCaseConfig {
  /** Partitions of the events' topic; 0: not partitioned, for good. Default 1, to which more can be added; 16 where turns are shared by `fairBy`. */
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
  /** Variables of the handlers' environment, for all to read who may read the namespace. */
  readonly env: Readonly<Record<string, pulumi.Input<string>>>;
  /** Variables of the handlers' environment that only the executor's Secret shows. */
  readonly secretEnv: Readonly<Record<string, pulumi.Input<string>>>;
  /** Names of Kubernetes secrets that exist, whose keys become variables of the handlers' environment. */
  readonly envSecrets: readonly pulumi.Input<string>[];
  /** Where handlers may connect to. Default: nowhere but Pulsar, PostgreSQL and the cluster's DNS. */
  readonly egress: readonly Egress[];
  /** Who tells its executor what became of tasks that were answered by 202: follows from its targets. Default nobody. */
  readonly callbacksFrom: readonly Peer[];
  /** What the platform wants of pods: tolerations, sidecars and the like. Default nothing. */
  readonly pod: PodExtras;
}

/** Tenants that share a partition share its turns: as many as a worker makes where no stack has. */
export const FAIR_PARTITIONS = 16;

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
  secretEnv: {},
  envSecrets: [],
  egress: [],
  callbacksFrom: [],
  pod: {},
};

/** As people write it: durations are texts, and secrets have a key of their own. */
type WrittenConfig = Omit<UseCaseConfig, "drainMs" | "secretEnv" | "callbacksFrom"> & { readonly drain: number };

/** What the runtime's timers can wait for. */
const LONGEST_DRAIN_MS = 20 * 86_400_000;

const written = fieldsOf<WrittenConfig>({
  partitions: whole(0, 1_024),
  producers: setOf(role),
  executorRole: role,
  deadLetterReaders: setOf(role),
  executor: flag,
  image: imageReference,
  minReplicas: whole(0, 1_000),
  maxReplicas: whole(1, 1_000),
  tasksPerReplica: whole(1, 1_000_000),
  cpu,
  memory,
  drain: duration(LONGEST_DRAIN_MS),
  env: recordOf(envValue, envName),
  envSecrets: setOf(objectName),
  egress,
  pod: podExtras,
});

/** What is set of a use case's config; the rest is default. */
export const useCaseConfig: Reader<Partial<UseCaseConfig>> = (value) => {
  const read = written(value);
  if ("problem" in read) return read;
  const { drain, ...config } = read;
  return drain === undefined ? config : { ...config, drainMs: drain };
};
