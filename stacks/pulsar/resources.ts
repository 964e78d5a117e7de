import type * as pulumi from "@pulumi/pulumi";
import type { DataLossGuardInputs } from "./data-loss-guard.ts";
import type { NamespaceInputs } from "./namespace.ts";
import type { PermissionInputs } from "./permission.ts";
import { PulsarResource } from "./resource.ts";
import type { SchemaInputs } from "./schema.ts";
import type { SubscriptionInputs } from "./subscription.ts";
import type { TenantInputs } from "./tenant.ts";
import type { TopicInputs } from "./topic.ts";

type Args<Inputs> = { [K in keyof Inputs]: pulumi.Input<Inputs[K]> };

/** A tenant. Making one takes a super user. */
export class Tenant extends PulsarResource {
  constructor(name: string, args: Args<TenantInputs>, options?: pulumi.CustomResourceOptions) {
    super("Tenant", name, args, options);
  }
}

/** A namespace with its policies. */
export class Namespace extends PulsarResource {
  constructor(name: string, args: Args<NamespaceInputs>, options?: pulumi.CustomResourceOptions) {
    super("Namespace", name, args, options);
  }
}

/** A persistent topic. Its id is `persistent://<tenant>/<namespace>/<topic>`. */
export class Topic extends PulsarResource {
  constructor(name: string, args: Args<TopicInputs>, options?: pulumi.CustomResourceOptions) {
    super("Topic", name, args, options);
  }
}

/** A durable subscription, from its topic's start. */
export class Subscription extends PulsarResource {
  constructor(name: string, args: Args<SubscriptionInputs>, options?: pulumi.CustomResourceOptions) {
    super("Subscription", name, args, options);
  }
}

/** What a topic's messages hold, in Pulsar's schema registry. */
export class Schema extends PulsarResource {
  constructor(name: string, args: Args<SchemaInputs>, options?: pulumi.CustomResourceOptions) {
    super("Schema", name, args, options);
  }
}

/** What a role may do with a topic. */
export class Permission extends PulsarResource {
  constructor(name: string, args: Args<PermissionInputs>, options?: pulumi.CustomResourceOptions) {
    super("Permission", name, args, options);
  }
}

/** Refuses, at preview and before a destroy, what would lose messages. It has to depend on all that it guards. */
export class DataLossGuard extends PulsarResource {
  constructor(name: string, args: Args<DataLossGuardInputs>, options?: pulumi.CustomResourceOptions) {
    super("DataLossGuard", name, args, options);
  }
}
