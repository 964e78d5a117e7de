import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { readConfig, type StackConfig } from "../../stacks/config.ts";
import { readManifest } from "../../stacks/manifest.ts";
import { PRODUCTION, SECRET_KEYS } from "./example-config.ts";

const USE_CASES = readManifest(resolve(import.meta.dirname, "../.."));

function read(changes: Readonly<Record<string, string | undefined>>): StackConfig {
  const all = { ...PRODUCTION, ...changes };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  pulumi.runtime.setAllConfig(Object.fromEntries(given), SECRET_KEYS);
  return readConfig(USE_CASES);
}

test("a gateway is what its config says, with defaults for the rest; without one there is none", () => {
  const { gatewayRole, kubernetes } = read({});
  expect(gatewayRole).toBe("shop-gateway");
  expect(kubernetes?.gateway).toMatchObject({
    image: PRODUCTION["fivefold:image"],
    config: {
      minReplicas: 2,
      maxReplicas: 20,
      cpu: "500m",
      rate: 500,
      drainMs: 25_000,
      from: [{ namespace: "ingress" }],
    },
  });
  expect(read({ "fivefold:gateway": undefined }).kubernetes?.gateway).toBeUndefined();
  const drain = read({ "fivefold:gateway": '{"from": [{"cidr": "10.0.0.0/8"}], "drain": "1m"}' });
  expect(drain.kubernetes?.gateway?.config.drainMs).toBe(60_000);
});

test.each<[changes: Record<string, string | undefined>, told: string]>([
  [{ "fivefold:gateway": "{}" }, "fivefold:gateway has no 'from', and so nobody may connect"],
  [{ "fivefold:gateway": '{"from": []}' }, "has no 'from'"],
  [{ "fivefold:gateway": '{"from": [{}]}' }, "fivefold:gateway.from[0] must be either cidr, or namespace and pods"],
  [
    { "fivefold:gateway": '{"from": [{"cidr": "10.0.0.0/8", "pods": {}}]}' },
    "must be either cidr, or namespace and pods",
  ],
  [{ "fivefold:gateway": '{"from": [{"namespace": "a"}], "minReplicas": 11}' }, "at least 11 replicas and at most 10"],
  [{ "fivefold:gateway": '{"from": [{"namespace": "a"}], "port": 80}' }, "fivefold:gateway.port is unknown"],
  [{ "fivefold:gateway": '{"from": [{"namespace": "a"}], "minReplicas": 0}' }, "a whole number from 1 to 1000"],
  [{ "fivefold:gatewayTokens": undefined }, "fivefold:gatewayTokens is missing"],
  [{ "fivefold:gatewayTokens": "secret.token" }, "fivefold:gatewayTokens must be as in"],
  [{ "fivefold:gatewayTokens": "{}" }, "fivefold:gatewayTokens must be as in"],
  [
    { "fivefold:gatewayTokens": '{"tokens": [{"producer": "a", "sha256": "x"}]}' },
    "fivefold:gatewayTokens.tokens[0].sha256 must be as in",
  ],
  [{ "fivefold:gatewayToken": undefined }, "fivefold:gatewayToken is missing"],
  [{ "fivefold:image": undefined }, "fivefold:gateway has no image"],
])("%j is refused", (changes, told) => {
  expect(() => read(changes)).toThrow(told);
});

test.each([
  '"billing.secret-word"',
  '{"billing.secret-word": 1}',
  '{"tokens": [{"producer": "billing.secret-word"}]}',
  '{"tokens": [{"producer": "billing", "useCases": ["*"], "sha256": "billing.secret-word"}]}',
])("of tokens that can't be used, %s, none is told", (text) => {
  let told = "";
  try {
    read({ "fivefold:gatewayTokens": text });
  } catch (error) {
    told = (error as Error).message;
  }
  expect(told).toContain("fivefold:gatewayTokens");
  expect(told).not.toContain("secret-word");
});
