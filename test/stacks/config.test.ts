import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { COLD_START_MS } from "../../compiler/check/scaling.ts";
import { readConfig, type StackConfig } from "../../stacks/config.ts";
import { COLD_START_SECONDS } from "../../stacks/kubernetes/autoscaling.ts";
import { type ManifestUseCase, readManifest } from "../../stacks/manifest.ts";
import { DEVELOPMENT, PRODUCTION, SECRET_KEYS } from "./example-config.ts";

/** The examples, without what they say of their scale: that is the config's here. */
const USE_CASES = readManifest(resolve(import.meta.dirname, "../..")).map((useCase) => ({
  ...useCase,
  execution: { minProcesses: null, maxProcesses: null, latencyObjectiveMs: 0 },
}));

/** Reads a config with some keys set otherwise; `undefined` leaves one out. */
function read(
  changes: Readonly<Record<string, string | undefined>> = {},
  {
    base = PRODUCTION,
    useCases = USE_CASES,
    secretKeys = SECRET_KEYS,
  }: { base?: typeof PRODUCTION; useCases?: readonly ManifestUseCase[]; secretKeys?: string[] } = {},
): StackConfig {
  const changed = Object.entries(changes).map(([key, value]) => [`fivefold:${key}`, value] as const);
  const config = Object.entries({ ...base, ...Object.fromEntries(changed) }).filter(([, value]) => value !== undefined);
  pulumi.runtime.setAllConfig(Object.fromEntries(config) as Record<string, string>, secretKeys);
  return readConfig(useCases);
}

function delayedBy(maxDelayMs: number): ManifestUseCase[] {
  return USE_CASES.map((useCase) => ({ ...useCase, settings: { ...useCase.settings, maxDelayMs } }));
}

function doneWithin(latencyObjectiveMs: number): ManifestUseCase[] {
  return USE_CASES.map((useCase) => ({ ...useCase, execution: { ...useCase.execution, latencyObjectiveMs } }));
}

const DAY_MS = 86_400_000;

describe("a stack's config", () => {
  test("has defaults for what is not needed", () => {
    const config = read({}, { base: DEVELOPMENT });
    expect(config).toMatchObject({
      tenant: "public",
      createTenant: false,
      pulsarNamespace: "public/development",
      workerRoles: [],
      policies: { clusters: ["standalone"], deduplication: true, autoCreation: false, messageTtlSeconds: 0 },
    });
    expect(config.kubernetes).toBeUndefined();
    expect(config.policies).not.toHaveProperty("persistence");
    expect(config.useCase("place-order")).toMatchObject({ partitions: 1, minReplicas: 1, maxReplicas: 10 });
  });

  test("says of a use case what is said of it, else of all, else the default", () => {
    const config = read();
    expect(config.useCase("post-ledger-entry")).toMatchObject({
      executorRole: "ledger",
      partitions: 4,
      minReplicas: 1,
      image: PRODUCTION["fivefold:image"],
    });
    expect(config.useCase("index-file")).toMatchObject({
      producers: [],
      maxReplicas: 50,
      executorRole: "shop-executor",
    });
    expect(config.workerRoles).toEqual(["ledger", "shop-executor"]);
    expect(config.policies.persistence).toEqual({ ensemble: 3, writeQuorum: 3, ackQuorum: 2 });
  });

  test("lets a use case's own scale stand between what is said of all and of it", () => {
    const useCases = USE_CASES.map((useCase) => ({
      ...useCase,
      execution: { ...useCase.execution, minProcesses: 2, maxProcesses: 20 },
    }));
    const config = read({ defaults: '{"minReplicas": 3, "maxReplicas": 30}' }, { useCases });
    expect(config.useCase("place-order")).toMatchObject({ minReplicas: 2, maxReplicas: 20 });
    expect(config.useCase("index-file")).toMatchObject({ minReplicas: 0, maxReplicas: 50 });
  });

  test("keeps what is secret as Pulumi's secrets", async () => {
    const { kubernetes } = read();
    for (const secret of [
      kubernetes?.postgresUrl,
      kubernetes?.metricsToken,
      ...Object.values(kubernetes?.pulsarTokens ?? {}),
    ]) {
      expect(await pulumi.isSecret(secret as pulumi.Output<unknown>)).toBe(true);
    }
  });

  test("takes numbers and flags as `pulumi config set` writes them, and from a path", () => {
    expect(read({ createTenant: "false", retentionMegabytes: "-1" })).toMatchObject({
      createTenant: false,
      policies: { retentionMegabytes: -1 },
    });
  });
});

describe("what can't be used is told", () => {
  test.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    ["a key that is missing", { tenant: undefined }, "fivefold:tenant is missing. docs/deploy.md says what it is."],
    ["an unknown key", { tennant: "a" }, "fivefold:tennant is unknown; known are ackQuorum, "],
    ["no list", { clusters: "eu" }, 'fivefold:clusters must be a list, found "eu".'],
    ["a number out of range", { ensemble: "0" }, 'fivefold:ensemble must be a whole number from 1 to 100, found "0".'],
    ["a number that is none", { postgresPort: "x" }, "fivefold:postgresPort must be a whole number from 1 to 65535"],
    ["a flag that is none", { createTenant: "yes" }, 'fivefold:createTenant must be true or false, found "yes".'],
    ["a duration without unit", { messageTtl: "30" }, "fivefold:messageTtl must be a number and a unit (s, m, h, d)"],
    ["a namespace that is none", { kubernetesNamespace: "Shop" }, "fivefold:kubernetesNamespace must be at most 63"],
    [
      "a use case that is not there",
      { useCases: '{"plcae-order": {}}' },
      "fivefold:useCases.plcae-order is for no use case; there are deliver-webhook, index-file, place-order,",
    ],
    [
      "an unknown key of a use case",
      { useCases: '{"place-order": {"replicas": 3}}' },
      "fivefold:useCases.place-order.replicas is unknown; known are partitions, producers, ",
    ],
    [
      "a wrong value deep inside",
      { useCases: '{"place-order": {"egress": [{"cidr": "10.0.0.0", "ports": [443]}]}}' },
      'fivefold:useCases.place-order.egress[0].cidr must be a block of addresses like "10.0.0.0/8" or "fd00::/8", found "10.0.0.0".',
    ],
    [
      "half of what belongs together",
      { defaults: '{"egress": [{"cidr": "10.0.0.0/8"}]}' },
      "fivefold:defaults.egress[0] must have ports, and either",
    ],
    ["a loss of something unknown", { allowDataLoss: '["greet"]' }, "fivefold:allowDataLoss[0] must be the kind of a"],
    ["executors without image", { image: undefined }, "Use case 'place-order' has no image. Set fivefold:image, or "],
    [
      "executors without Pulsar",
      { pulsarUrl: undefined },
      "fivefold:pulsarUrl is missing: executors need Pulsar's URL.",
    ],
    ["executors without PostgreSQL", { postgresUrl: undefined }, "pulumi config set --secret fivefold:postgresUrl"],
    [
      "a use case that nobody would wake",
      { prometheusUrl: undefined },
      "Use case 'index-file' has minReplicas 0, and nothing would start a replica. Set fivefold:prometheusUrl",
    ],
    [
      "nobody who would fire delayed tasks",
      { defaults: '{"minReplicas": 0}', useCases: undefined },
      "All executors have minReplicas 0: once each has ended, delayed tasks and retries that come due would stay",
    ],
    [
      "a token of nobody",
      { pulsarTokens: '{"*": "t", "plcae-order": "t"}' },
      "fivefold:pulsarTokens.plcae-order is for no use case; there are ",
    ],
    [
      "executors without a token among others that have one",
      { pulsarTokens: '{"place-order": "t", "index-file": "t", "deliver-webhook": "t", "send-reminder": "t"}' },
      "fivefold:pulsarTokens has no token for post-ledger-entry, and none for all others, '*': pulumi config set --secret",
    ],
    [
      "nobody who may show a backlog",
      { metricsToken: undefined },
      "fivefold:metricsToken is missing: 'index-file' has minReplicas 0",
    ],
    [
      "less at most than at least",
      { useCases: '{"place-order": {"minReplicas": 11}}' },
      "Use case 'place-order' has at least 11 replicas and at most 10.",
    ],
    ["a quorum of nothing", { ensemble: undefined }, "fivefold:ackQuorum takes effect with fivefold:ensemble alone"],
    [
      "a quorum above another",
      { ackQuorum: "4" },
      "fivefold:ensemble is 3, writeQuorum 3, ackQuorum 4: none may exceed",
    ],
  ])("%s", (_, changes, message) => {
    expect(() => read(changes)).toThrow(message);
    expect(() => read(changes)).toThrow(pulumi.RunError);
  });

  test("a secret in plain text", () => {
    const secretKeys = SECRET_KEYS.filter((key) => key !== "fivefold:postgresUrl");
    expect(() => read({}, { secretKeys })).toThrow(
      /used:\n {2}fivefold:postgresUrl stands in the config as plain text: pulumi config set --secret fivefold:postgresUrl$/,
    );
  });

  test.each(["eyJhbGciOi", '{"*": 7}', '["eyJhbGciOi"]', '{"*": ""}'])(
    "tokens that are none, without telling them: %s",
    (pulsarTokens) => {
      expect(() => read({ pulsarTokens })).toThrow(/fivefold:pulsarTokens.* must be tokens by the names of use cases/i);
      expect(() => read({ pulsarTokens })).not.toThrow(/eyJhbGciOi/);
    },
  );

  test("all of it at once", () => {
    expect(() => read({ tenant: undefined, clusters: "eu", ensemble: "0", messageTtl: "30" })).toThrow(
      /^The config of stack '\w+' can't be used:(\n {2}.*){4,}$/,
    );
  });
});

describe("a delay that the stack can't keep is refused at preview", () => {
  test("by the delay store's horizon", () => {
    expect(() => read({ delayHorizon: "60d" }, { useCases: delayedBy(60 * DAY_MS) })).not.toThrow();
    expect(() => read({ delayHorizon: "60d" }, { useCases: delayedBy(90 * DAY_MS) })).toThrow(
      "Use case 'place-order' accepts delays of up to 90d (scheduler.maxDelay of usecases/place-order.ts), and the delay " +
        "store keeps them for 60d at most (fivefold:delayHorizon).",
    );
  });

  test("by the time to live of messages", () => {
    expect(() => read({ messageTtl: "0s" })).not.toThrow();
    const options = { useCases: delayedBy(30 * DAY_MS) };
    expect(() => read({ messageTtl: "30d" }, options)).not.toThrow();
    expect(() => read({ messageTtl: "29d" }, options)).toThrow(
      /delays of up to 30d .* Pulsar drops messages after 29d/,
    );
  });

  test("also where no executor is deployed", () => {
    const options = { base: DEVELOPMENT, useCases: delayedBy(90 * DAY_MS) };
    expect(() => read({ delayHorizon: "60d" }, options)).toThrow("keeps them for 60d at most");
  });
});

test("no executor that has to be started first is asked to be as quick as one that runs", () => {
  const sleeping = { useCases: '{"index-file": {"minReplicas": 0}}' };
  expect(() => read(sleeping, { useCases: doneWithin(30_000) })).toThrow(
    "Use case 'index-file' has minReplicas 0, and its tasks are to be done within 30s (execution.latencyObjective of " +
      "usecases/index-file.ts): without a replica it takes up to 1m until the first one runs. Set minReplicas to 1.",
  );
  expect(() => read(sleeping, { useCases: doneWithin(60_000) })).not.toThrow();
  // The compiler refuses the same of what a use case says of both.
  expect(COLD_START_SECONDS * 1_000).toBe(COLD_START_MS);
});
