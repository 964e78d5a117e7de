import * as pulumi from "@pulumi/pulumi";
import type { ManifestTopic, ManifestUseCase } from "../manifest.ts";
import type { PulsarAction } from "../pulsar/permission.ts";
import { Permission, Schema, Subscription, Topic } from "../pulsar/resources.ts";

/** A definition for Pulsar's schema registry. */
export interface UseCaseSchema {
  readonly type: string;
  readonly definition: string;
}

export interface UseCaseArgs {
  readonly useCase: ManifestUseCase;
  /** `tenant/namespace`. */
  readonly namespace: pulumi.Input<string>;
  /** Of the events' topic; 0: not partitioned, for good. */
  readonly partitions: number;
  /** Whether what is acknowledged in one home is so in the others. */
  readonly replicated: boolean;
  /** Of the event. */
  readonly schema: UseCaseSchema;
  /** The role of its executor. Absent: it is granted nothing. */
  readonly executorRole: string | undefined;
  /** Roles of all executors that share its delay store: whichever is there puts back what has come due. */
  readonly workerRoles: readonly string[];
  /** Roles that may enqueue. */
  readonly producers: readonly string[];
  /** Roles that may read dead letters. */
  readonly deadLetterReaders: readonly string[];
  /** The role of the process that shows backlogs: Pulsar tells them to who may consume. */
  readonly metricsRole: string | undefined;
}

/** What a use case needs on Pulsar: its topics with their subscriptions, its schema, and who may do what. */
export class UseCase extends pulumi.ComponentResource {
  /** The id of the events' topic. */
  readonly topic: pulumi.Output<string>;

  constructor(name: string, args: UseCaseArgs, options?: pulumi.ComponentResourceOptions) {
    super("fivefold:pulsar:UseCase", name, {}, options);
    const { useCase, namespace, schema } = args;
    const [events, ...deadLetters] = useCase.topics;
    if (!events) throw new Error(`generated/manifest.json has no topic for use case '${useCase.name}': build it anew.`);

    const parts = { parent: this, useCase: useCase.name, namespace, replicated: args.replicated };
    const topic = createTopic(events, args.partitions, parts);
    new Schema(events.name, { topic: topic.id, ...schema }, { parent: this });
    grant(topic, events.name, eventRoles(args), this);
    for (const letters of deadLetters) {
      // Few come, and whoever reads them wants them in one place.
      const own = createTopic(letters, 0, parts);
      grant(own, letters.name, deadLetterRoles(args), this);
    }
    this.topic = topic.id;
    this.registerOutputs({ topic: topic.id });
  }
}

interface Parts {
  readonly parent: pulumi.Resource;
  readonly useCase: string;
  readonly namespace: pulumi.Input<string>;
  readonly replicated: boolean;
}

function createTopic(
  { name, ordered, fair = false, subscriptions }: ManifestTopic,
  partitions: number,
  parts: Parts,
): Topic {
  const { parent, useCase, namespace, replicated } = parts;
  const topic = new Topic(
    name,
    { namespace, topic: name, partitions, ordered, ...(fair && { fair }), useCase },
    { parent },
  );
  for (const subscription of subscriptions) {
    new Subscription(
      `${name}/${subscription}`,
      { topic: topic.id, name: subscription, replicated, useCase },
      { parent },
    );
  }
  return topic;
}

type Roles = ReadonlyMap<string, readonly PulsarAction[]>;

/** What was delayed or failed comes back into its topic by any of the executors, as the others may have no replica. */
function eventRoles({ executorRole, workerRoles, producers, metricsRole }: UseCaseArgs): Roles {
  return joined([
    ...[...producers, ...workerRoles].map((role) => [role, "produce"] as const),
    [executorRole, "consume"],
    [executorRole, "produce"],
    [metricsRole, "consume"],
  ]);
}

function deadLetterRoles({ executorRole, deadLetterReaders, metricsRole }: UseCaseArgs): Roles {
  return joined([
    ...deadLetterReaders.map((role) => [role, "consume"] as const),
    [executorRole, "produce"],
    [metricsRole, "consume"],
  ]);
}

/** One role may be several. */
function joined(grants: readonly (readonly [role: string | undefined, PulsarAction])[]): Roles {
  const roles = new Map<string, PulsarAction[]>();
  for (const [role, action] of grants) {
    if (role === undefined) continue;
    roles.set(role, [...new Set([...(roles.get(role) ?? []), action])].toSorted());
  }
  return roles;
}

function grant(topic: Topic, name: string, roles: Roles, parent: pulumi.Resource): void {
  for (const [role, actions] of roles) {
    new Permission(`${name}:${role}`, { topic: topic.id, role, actions }, { parent });
  }
}
