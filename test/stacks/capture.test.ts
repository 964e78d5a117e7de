import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import { sourceOf } from "../../runtime/capture.ts";
import { sourceVariable } from "../../stacks/capture-config.ts";
import { readConfig, type StackConfig } from "../../stacks/config.ts";
import { deploy } from "../../stacks/deploy.ts";
import { readManifest } from "../../stacks/manifest.ts";
import { PRODUCTION, SECRET_KEYS } from "./example-config.ts";
import { isSecret, only, plainInputs, type RecordedResource, recordProgram } from "./recorded-program.ts";

const ROOT = resolve(import.meta.dirname, "../scenarios/accepted-changes");
const WITH_CHANGES = readManifest(ROOT);
const WITHOUT = readManifest(resolve(import.meta.dirname, "../.."));
const CONFIG = {
  ...PRODUCTION,
  "fivefold:useCases": "{}",
  "fivefold:secretEnv": "{}",
  "fivefold:pulsarTokens": '{"*": "token"}',
  "fivefold:capture": '{"role": "shop-capture"}',
  "fivefold:captureToken": "secret-capture-token",
  "fivefold:sources": '{"billing": "postgres://reader:secret-word@billing.example.com:6432/billing"}',
};
type Changes = Readonly<Record<string, string | undefined>>;

function read(changes: Changes, useCases = WITH_CHANGES): StackConfig {
  const given = Object.entries({ ...CONFIG, ...changes }).filter((entry): entry is [string, string] => !!entry[1]);
  pulumi.runtime.setAllConfig(Object.fromEntries(given), SECRET_KEYS);
  return readConfig(useCases);
}

describe("what captures", () => {
  let resources: readonly RecordedResource[];
  beforeAll(async () => {
    resources = await recordProgram(() => deploy({ root: ROOT }), { config: CONFIG });
  });

  test("is one pod of `fivefold capture`, which waits for the one before it", () => {
    const { spec } = plainInputs(only(resources, "Deployment", "capture")) as {
      spec: {
        replicas: number;
        strategy: object;
        template: { spec: { terminationGracePeriodSeconds: number; containers: Record<string, unknown>[] } };
      };
    };
    expect(spec.replicas).toBe(1);
    expect(spec.strategy).toEqual({ type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } });
    // What `fivefold capture` takes to leave, and no less.
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(10);
    const [container] = spec.template.spec.containers;
    expect(container).toMatchObject({
      args: ["capture"],
      livenessProbe: { httpGet: { path: "/healthz", port: "metrics" } },
      readinessProbe: { httpGet: { path: "/readyz", port: "metrics" } },
    });
    expect(JSON.stringify(container)).toContain('"name":"FIVEFOLD_SOURCE_BILLING","valueFrom":{"secretKeyRef"');
  });

  test("has where its source is in a Secret, as the runtime reads it", () => {
    const { inputs } = only(resources, "Secret", "capture");
    expect(isSecret(inputs.stringData) || isSecret((inputs.stringData as Changes).FIVEFOLD_SOURCE_BILLING)).toBe(true);
    const { stringData } = plainInputs(only(resources, "Secret", "capture")) as { stringData: Record<string, string> };
    expect(sourceOf("billing", stringData).url).toContain("billing.example.com:6432");
    expect(stringData["pulsar-token"]).toBe("secret-capture-token");
  });

  test("may connect to the ports of its sources", () => {
    const { spec } = plainInputs(only(resources, "NetworkPolicy", "capture")) as { spec: { egress: object[] } };
    expect(JSON.stringify(spec.egress)).toContain('[{"port":6432,"protocol":"TCP"}]');
    const other = plainInputs(only(resources, "NetworkPolicy", "invoice-changed"));
    expect(JSON.stringify(other)).not.toContain("6432");
  });

  test("may enqueue to the use cases whose changes it takes, and with an outbox to all", () => {
    const permission = resources.filter(
      ({ type, inputs }) => type === "pulsar:Permission" && inputs.role === "shop-capture",
    );
    expect(permission.map(({ inputs }) => inputs.actions)).toEqual([["produce"]]);
    const role = { "fivefold:capture": '{"role": "shop-capture", "outboxes": ["billing"]}' };
    expect(read(role, WITHOUT).captureRole("place-order")).toBe("shop-capture");
    expect(read(role, [...WITHOUT, ...WITH_CHANGES]).captureRole("place-order")).toBe("shop-capture");
    expect(read({}, [...WITHOUT, ...WITH_CHANGES]).captureRole("place-order")).toBeUndefined();
  });

  test("is there for use cases with changes, also without a config of its own", () => {
    expect(read({ "fivefold:capture": undefined }).kubernetes?.capture?.config).toMatchObject({ cpu: "250m" });
    const none = { "fivefold:capture": undefined, "fivefold:sources": undefined };
    expect(read(none, WITHOUT).kubernetes?.capture).toBeUndefined();
  });
});

test("a source's variable is the one that the runtime reads", () => {
  const url = "postgres://host/database";
  expect(sourceOf("old-shop2", { [sourceVariable("old-shop2")]: url }).url).toBe(url);
});

test.each<[told: string, changes: Changes, useCases?: typeof WITHOUT]>([
  ["Use case 'invoice-changed' takes changes of 'billing', and fivefold:sources", { "fivefold:sources": undefined }],
  [
    "capture.outboxes names 'shop', and fivefold:sources does not say where",
    { "fivefold:capture": '{"outboxes": ["shop"]}' },
  ],
  ["fivefold:capture has nothing to capture", { "fivefold:sources": undefined }, WITHOUT],
  [
    "fivefold:sources.shop is captured by nobody",
    { "fivefold:sources": '{"billing": "postgres://a:b@c/d", "shop": "postgres://a:b@c/d"}' },
  ],
  ["fivefold:captureToken is missing", { "fivefold:captureToken": undefined }],
  ["fivefold:captureToken has blanks", { "fivefold:captureToken": "a b" }],
  ["fivefold:capture.outboxes[0] must be a source's name", { "fivefold:capture": '{"outboxes": ["Shop"]}' }],
  ["fivefold:capture.replicas is unknown", { "fivefold:capture": '{"replicas": 2}' }],
  ["fivefold:capture has no image", { "fivefold:image": undefined, "fivefold:gateway": undefined }],
  [
    "fivefold:sources.billing must be like postgres://",
    { "fivefold:sources": '{"billing": "mysql://a:secret-word@c/d"}' },
  ],
  ["fivefold:sources must be URLs by the names", { "fivefold:sources": "postgres://a:secret-word@c/d" }],
  ["fivefold:sources must be URLs by the names", { "fivefold:sources": '{"postgres://a:secret-word@c/d": "x"}' }],
  ["fivefold:sources must be URLs by the names", { "fivefold:sources": '["postgres://a:secret-word@c/d"]' }],
])("refused: %s", (told, changes, useCases) => {
  let message = "";
  try {
    read(changes, useCases);
  } catch (error) {
    ({ message } = error as Error);
  }
  expect(message).toContain(told);
  expect(message).not.toContain("secret-word");
});
