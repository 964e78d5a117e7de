import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { PulsarNamespace } from "../../stacks/components/pulsar-namespace.ts";
import { PulsarTenant } from "../../stacks/components/pulsar-tenant.ts";
import { UseCase, type UseCaseArgs } from "../../stacks/components/use-case.ts";
import type { NamespacePolicies } from "../../stacks/pulsar/namespace-policies.ts";
import { GREET } from "./greet.ts";
import { only, recordProgram, title } from "./recorded-program.ts";

const POLICIES: NamespacePolicies = {
  clusters: ["eu"],
  deduplication: true,
  autoCreation: false,
  deleteInactiveTopics: false,
  subscriptionExpirationMinutes: 0,
  retentionMinutes: 60,
  retentionMegabytes: 20,
  backlogQuotaMegabytes: 10,
  messageTtlSeconds: 0,
  schemaCompatibility: "ALWAYS_COMPATIBLE",
  schemaAutoUpdate: false,
  schemaValidation: false,
};

describe("PulsarTenant", () => {
  test("makes a tenant, with what it lists in an order of its own", async () => {
    const resources = await recordProgram(
      () => new PulsarTenant("shop", { tenant: "shop", clusters: ["us", "eu"], adminRoles: ["b", "a"] }),
    );
    expect(resources.map(title)).toEqual(["fivefold:pulsar:PulsarTenant shop", "pulsar:Tenant shop"]);
    const tenant = only(resources, "Tenant");
    expect(tenant.inputs).toEqual({ tenant: "shop", clusters: ["eu", "us"], adminRoles: ["a", "b"] });
    expect(tenant.parent).toBe(only(resources, "PulsarTenant").urn);
  });
});

describe("PulsarNamespace", () => {
  test("makes a namespace with its policies, and hands on its id once it is there", async () => {
    let id: pulumi.Output<string> | undefined;
    const resources = await recordProgram(() => {
      id = new PulsarNamespace("n", { namespace: "shop/test", policies: POLICIES }).namespace;
    });
    expect(resources.map(title)).toEqual(["fivefold:pulsar:PulsarNamespace n", "pulsar:Namespace n"]);
    expect(only(resources, "Namespace").inputs).toEqual({ namespace: "shop/test", ...POLICIES });
    expect(await resolved(id)).toBe("shop/test");
  });
});

describe("UseCase", () => {
  const record = (changes: Partial<UseCaseArgs> = {}) => {
    const args: UseCaseArgs = {
      useCase: GREET,
      namespace: "shop/test",
      partitions: 4,
      replicated: false,
      schema: { type: "PROTOBUF_NATIVE", definition: "{}" },
      executorRole: "executor",
      workerRoles: ["executor", "other"],
      producers: ["web"],
      deadLetterReaders: ["support"],
      metricsRole: "metrics",
      ...changes,
    };
    return recordProgram(() => new UseCase("greet", args));
  };

  test("makes its topics, the events' alone with partitions, and a subscription for each reader", async () => {
    const resources = await record();
    const topics = resources.filter(({ type }) => type === "pulsar:Topic").map(({ inputs }) => inputs);
    expect(topics.map(({ topic, partitions, ordered }) => [topic, partitions, ordered])).toEqual([
      ["greet.high", 4, true],
      ["greet.high-mail-DLQ", 0, false],
      ["greet.high-push-DLQ", 0, false],
    ]);
    const subscriptions = resources.filter(({ type }) => type === "pulsar:Subscription");
    expect(subscriptions.map(({ name, inputs }) => [name, inputs.topic, inputs.replicated])).toEqual([
      ["greet.high-mail-DLQ/dead-letters", "persistent://shop/test/greet.high-mail-DLQ", false],
      ["greet.high-push-DLQ/dead-letters", "persistent://shop/test/greet.high-push-DLQ", false],
      ["greet.high/mail", "persistent://shop/test/greet.high", false],
      ["greet.high/push", "persistent://shop/test/greet.high", false],
    ]);
    const topic = only(resources, "Topic", "greet.high");
    for (const part of [only(resources, "Subscription", "greet.high/mail"), only(resources, "Schema")]) {
      expect(part.dependencies).toEqual([topic.urn]);
      expect(part.parent).toBe(only(resources, "UseCase").urn);
    }
  });

  test("lets each role do what it has to, and no more", async () => {
    const permissions = (await record()).filter(({ type }) => type === "pulsar:Permission");
    expect(Object.fromEntries(permissions.map(({ name, inputs }) => [name, inputs.actions]))).toEqual({
      "greet.high:web": ["produce"],
      "greet.high:executor": ["consume", "produce"],
      // It fires delayed tasks of all use cases, also while this one has no replica.
      "greet.high:other": ["produce"],
      "greet.high:metrics": ["consume"],
      "greet.high-mail-DLQ:executor": ["produce"],
      "greet.high-mail-DLQ:support": ["consume"],
      "greet.high-mail-DLQ:metrics": ["consume"],
      "greet.high-push-DLQ:executor": ["produce"],
      "greet.high-push-DLQ:support": ["consume"],
      "greet.high-push-DLQ:metrics": ["consume"],
    });
  });

  test("joins what one role may do as several", async () => {
    const resources = await record({
      producers: ["one"],
      deadLetterReaders: ["one"],
      executorRole: "one",
      workerRoles: ["one"],
      metricsRole: undefined,
    });
    const permissions = resources.filter(({ type }) => type === "pulsar:Permission");
    expect(permissions.map(({ name }) => name)).toEqual([
      "greet.high-mail-DLQ:one",
      "greet.high-push-DLQ:one",
      "greet.high:one",
    ]);
    for (const { inputs } of permissions) expect(inputs.actions).toEqual(["consume", "produce"]);
  });

  test("grants nothing to roles that are not set, and replicates subscriptions where it is told to", async () => {
    const nobody = {
      producers: [],
      deadLetterReaders: [],
      executorRole: undefined,
      workerRoles: [],
      metricsRole: undefined,
    };
    const resources = await record({ ...nobody, replicated: true });
    expect(resources.filter(({ type }) => type === "pulsar:Permission")).toEqual([]);
    expect(only(resources, "Subscription", "greet.high/mail").inputs.replicated).toBe(true);
  });

  test("a manifest without topics is told", async () => {
    const useCase = { ...GREET, topics: [] };
    await expect(record({ useCase })).rejects.toThrow("generated/manifest.json has no topic for use case 'greet'");
  });
});

/** What an output resolves to. */
function resolved<T>(output: pulumi.Output<T> | undefined): Promise<T | undefined> {
  return new Promise((resolve) => {
    if (output) output.apply(resolve);
    else resolve(undefined);
  });
}
