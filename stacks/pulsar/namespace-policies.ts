import type { PulsarAdmin } from "./admin-client.ts";

/** How a namespace keeps its messages. What the broker's own configuration should decide is left out. */
export interface NamespacePolicies {
  /** Where its topics are. In alphabetical order. */
  readonly clusters: readonly string[];
  /** Whether what a producer sends again after a broken connection is stored once. */
  readonly deduplication: boolean;
  /** Whether topics and subscriptions appear by being used. */
  readonly autoCreation: boolean;
  /** Whether topics that nobody uses are deleted. */
  readonly deleteInactiveTopics: boolean;
  /** After which a subscription without consumers is deleted; 0: never. */
  readonly subscriptionExpirationMinutes: number;
  /** How long acknowledged messages are kept; -1: for ever. */
  readonly retentionMinutes: number;
  /** How many MB of acknowledged messages a topic keeps; -1: any number. */
  readonly retentionMegabytes: number;
  /** How many MB of messages that are not acknowledged a topic takes, before its producers are refused. */
  readonly backlogQuotaMegabytes: number;
  /** After which messages that are not acknowledged are dropped; 0: never. */
  readonly messageTtlSeconds: number;
  /** Who decides whether a schema follows another: the compiler does, Pulsar's checks see less of a contract. */
  readonly schemaCompatibility: string;
  /** Whether producers register schemas. */
  readonly schemaAutoUpdate: boolean;
  /** Whether producers without a schema are refused: Pulsar's WebSocket API has none. */
  readonly schemaValidation: boolean;
  /** Copies of each message. */
  readonly persistence?: { readonly ensemble: number; readonly writeQuorum: number; readonly ackQuorum: number };
}

/** Pulsar's own policies of a namespace, as far as they are used here. */
export interface StoredPolicies {
  readonly replication_clusters?: readonly string[];
  readonly deduplicationEnabled?: boolean;
  readonly autoTopicCreationOverride?: { readonly allowAutoTopicCreation?: boolean };
  readonly autoSubscriptionCreationOverride?: { readonly allowAutoSubscriptionCreation?: boolean };
  readonly inactive_topic_policies?: { readonly deleteWhileInactive?: boolean };
  readonly subscription_expiration_time_minutes?: number;
  readonly retention_policies?: { readonly retentionTimeInMinutes: number; readonly retentionSizeInMB: number };
  readonly backlog_quota_map?: {
    readonly destination_storage?: { readonly limitSize?: number; readonly limit?: number };
  };
  readonly message_ttl_in_seconds?: number;
  readonly schema_compatibility_strategy?: string;
  readonly is_allow_auto_update_schema?: boolean;
  readonly schema_validation_enforced?: boolean;
  readonly persistence?: {
    readonly bookkeeperEnsemble: number;
    readonly bookkeeperWriteQuorum: number;
    readonly bookkeeperAckQuorum: number;
  };
}

export interface NamespacePolicy {
  readonly field: keyof NamespacePolicies;
  /** `undefined`: not set. */
  read(stored: StoredPolicies): unknown;
  /** `path`: of the namespace. */
  set(admin: PulsarAdmin, path: string, to: NamespacePolicies): Promise<void>;
}

const MEGABYTE = 1024 * 1024;

const setRetention: NamespacePolicy["set"] = (admin, path, { retentionMinutes, retentionMegabytes }) =>
  admin.post(`${path}/retention`, {
    retentionTimeInMinutes: retentionMinutes,
    retentionSizeInMB: retentionMegabytes,
  });

/** In the order in which a new namespace takes them: Pulsar refuses a backlog quota that retention does not exceed. */
export const NAMESPACE_POLICIES: readonly NamespacePolicy[] = [
  {
    field: "clusters",
    read: ({ replication_clusters }) => replication_clusters?.toSorted(),
    set: (admin, path, { clusters }) => admin.post(`${path}/replication`, clusters),
  },
  {
    field: "persistence",
    read: ({ persistence: stored }) =>
      stored && {
        ensemble: stored.bookkeeperEnsemble,
        writeQuorum: stored.bookkeeperWriteQuorum,
        ackQuorum: stored.bookkeeperAckQuorum,
      },
    set: (admin, path, { persistence }) =>
      admin.post(`${path}/persistence`, {
        bookkeeperEnsemble: persistence?.ensemble,
        bookkeeperWriteQuorum: persistence?.writeQuorum,
        bookkeeperAckQuorum: persistence?.ackQuorum,
        managedLedgerMaxMarkDeleteRate: 0,
      }),
  },
  {
    field: "autoCreation",
    read: ({ autoTopicCreationOverride: topics, autoSubscriptionCreationOverride: subscriptions }) =>
      topics === undefined && subscriptions === undefined
        ? undefined
        : (topics?.allowAutoTopicCreation ?? true) || (subscriptions?.allowAutoSubscriptionCreation ?? true),
    async set(admin, path, { autoCreation }) {
      await admin.post(`${path}/autoTopicCreation`, {
        allowAutoTopicCreation: autoCreation,
        topicType: "non-partitioned",
      });
      await admin.post(`${path}/autoSubscriptionCreation`, { allowAutoSubscriptionCreation: autoCreation });
    },
  },
  {
    field: "deleteInactiveTopics",
    read: ({ inactive_topic_policies }) => inactive_topic_policies?.deleteWhileInactive,
    set: (admin, path, { deleteInactiveTopics }) =>
      admin.post(`${path}/inactiveTopicPolicies`, {
        inactiveTopicDeleteMode: "delete_when_no_subscriptions",
        maxInactiveDurationSeconds: 86_400,
        deleteWhileInactive: deleteInactiveTopics,
      }),
  },
  {
    field: "subscriptionExpirationMinutes",
    read: ({ subscription_expiration_time_minutes }) => subscription_expiration_time_minutes,
    set: (admin, path, { subscriptionExpirationMinutes }) =>
      admin.post(`${path}/subscriptionExpirationTime`, subscriptionExpirationMinutes),
  },
  {
    field: "deduplication",
    read: ({ deduplicationEnabled }) => deduplicationEnabled,
    set: (admin, path, { deduplication }) => admin.post(`${path}/deduplication`, deduplication),
  },
  {
    field: "messageTtlSeconds",
    read: ({ message_ttl_in_seconds }) => message_ttl_in_seconds,
    set: (admin, path, { messageTtlSeconds }) => admin.post(`${path}/messageTTL`, messageTtlSeconds),
  },
  {
    field: "schemaCompatibility",
    read: ({ schema_compatibility_strategy }) => schema_compatibility_strategy,
    set: (admin, path, { schemaCompatibility }) =>
      admin.put(`${path}/schemaCompatibilityStrategy`, schemaCompatibility),
  },
  {
    field: "schemaAutoUpdate",
    read: ({ is_allow_auto_update_schema }) => is_allow_auto_update_schema,
    set: (admin, path, { schemaAutoUpdate }) => admin.post(`${path}/isAllowAutoUpdateSchema`, schemaAutoUpdate),
  },
  {
    field: "schemaValidation",
    read: ({ schema_validation_enforced }) => schema_validation_enforced,
    set: (admin, path, { schemaValidation }) => admin.post(`${path}/schemaValidationEnforced`, schemaValidation),
  },
  {
    field: "retentionMinutes",
    read: ({ retention_policies }) => retention_policies?.retentionTimeInMinutes,
    set: setRetention,
  },
  {
    field: "retentionMegabytes",
    read: ({ retention_policies }) => retention_policies?.retentionSizeInMB,
    set: setRetention,
  },
  {
    field: "backlogQuotaMegabytes",
    read: ({ backlog_quota_map }) => {
      const { limitSize, limit } = backlog_quota_map?.destination_storage ?? {};
      const bytes = limitSize ?? limit;
      return bytes === undefined ? undefined : bytes / MEGABYTE;
    },
    set: (admin, path, { backlogQuotaMegabytes }) =>
      admin.post(`${path}/backlogQuota?backlogQuotaType=destination_storage`, {
        limitSize: backlogQuotaMegabytes * MEGABYTE,
        // Refused is not dropped: the enqueue says so, and its caller decides.
        policy: "producer_exception",
      }),
  },
];
