import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { splitUrls } from "../../stacks/address-values.ts";
import { readConfig } from "../../stacks/config.ts";
import { homeOf } from "../../stacks/deploy-executors.ts";
import { environmentOf, type Services } from "../../stacks/kubernetes/services.ts";
import { useCaseConfig } from "../../stacks/use-case-config.ts";
import { PRODUCTION, SECRET_KEYS } from "./example-config.ts";
import { GREET } from "./greet.ts";

function read(changes: Readonly<Record<string, string | undefined>>, secretKeys = SECRET_KEYS, useCases = [GREET]) {
  const base = { ...PRODUCTION, "fivefold:useCases": undefined, "fivefold:secretEnv": undefined };
  const changed = Object.fromEntries(Object.entries(changes).map(([key, value]) => [`fivefold:${key}`, value]));
  const tokens = { "fivefold:pulsarTokens": '{"*": "t"}' };
  const all = Object.entries({ ...base, ...tokens, ...changed }).filter(([, value]) => value !== undefined);
  pulumi.runtime.setAllConfig(Object.fromEntries(all) as Record<string, string>, secretKeys);
  return readConfig(useCases);
}

describe("a stack's config", () => {
  test("takes names that look like a fault of its own, or that every object has", () => {
    const env = { problem: "none", at: "home", toString: "x" };
    expect(useCaseConfig({ env })).toEqual({ env });
    expect(useCaseConfig({ constructor: 1 })).toMatchObject({ at: ".constructor" });
    expect(useCaseConfig(JSON.parse('{"__proto__": {}}'))).toMatchObject({ at: ".__proto__" });
    const useCase = { ...GREET, name: "constructor" };
    const config = read({ pulsarTokens: '{"*": "t"}', useCases: "{}" }, SECRET_KEYS, [useCase]);
    expect(config.useCase("constructor")).toMatchObject({ partitions: 4 });
    expect(read({ useCases: '{"greet": {"env": {"HTTP_PROXY": ""}}}' }).useCase("greet").env).toEqual({
      HTTP_PROXY: "",
    });
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    [
      "a retention that Pulsar refuses",
      { retention: "0s" },
      "Pulsar takes 0 for both, to keep nothing that is handled",
    ],
    ["a retention below the quota", { retentionMegabytes: "8192" }, "Pulsar takes a retention alone that is larger"],
    ["a time that overflows", { messageTtl: "24856d" }, "fivefold:messageTtl must be no longer than 2147483647s"],
    ["a cluster named twice", { clusters: '["eu", "eu"]' }, 'fivefold:clusters[1] repeats "eu".'],
    [
      "a role with a blank",
      { adminRoles: '["a "]' },
      "fivefold:adminRoles[0] must be a role: a text that is not empty",
    ],
    [
      "too few web services",
      { pulsarWebUrl: "https://a:8443" },
      "fivefold:pulsarUrl names 2 clusters by their brokers, and there are 1",
    ],
    ["a client that there is not", { pulsarClient: "native" }, "fivefold:pulsarClient must be fivefold or libpulsar"],
    ["a namespace that every cluster has", { kubernetesNamespace: "default" }, "must be a namespace of your own"],
    ["a rollout that can't be", { rolloutWithin: "5s" }, "fivefold:rolloutWithin must be 30s or longer"],
    [
      "a variable of the stack's own",
      { defaults: '{"env": {"FIVEFOLD_POSTGRES_URL": "x"}}' },
      "which the stack sets itself",
    ],
    [
      "the variable of the certificates",
      { defaults: '{"env": {"NODE_EXTRA_CA_CERTS": "x"}}' },
      "which the stack sets itself",
    ],
    [
      "a variable said twice",
      { defaults: '{"env": {"A": "x"}}', secretEnv: '{"*": {"A": "y"}}' },
      "A both in env and in fivefold:secretEnv",
    ],
    [
      "a ConfigMap that is too large",
      {
        defaults: JSON.stringify({
          env: Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`A${at}`, "x".repeat(120_000)])),
        }),
      },
      "a ConfigMap takes",
    ],
    [
      "a label of the stack's own",
      { defaults: '{"pod": {"labels": {"app.kubernetes.io/name": "x"}}}' },
      "another label than those",
    ],
    ["a volume of the stack's own", { defaults: '{"pod": {"volumes": [{"name": "tmp"}]}}' }, "choose another name"],
    [
      "a toleration of nothing",
      { defaults: '{"pod": {"tolerations": [{"value": "a"}]}}' },
      "has no key, which takes operator Exists",
    ],
    ["a sidecar without an image", { defaults: '{"pod": {"sidecars": [{"name": "a"}]}}' }, "has no image"],
    [
      "PostgreSQL that is none",
      { postgresUrl: "mysql://shop:hidden@h/d" },
      "its scheme is 'mysql', which is no PostgreSQL",
    ],
    ["a token with its file's last line break", { pulsarAdminToken: "abc\n" }, "fivefold:pulsarAdminToken has blanks"],
    [
      "secret variables that are none",
      { secretEnv: '{"*": {"A": 5}}' },
      "fivefold:secretEnv.*.A must be a text that a variable can hold",
    ],
    ["secret variables of nobody", { secretEnv: '{"gret": {}}' }, "fivefold:secretEnv.gret is for no use case"],
  ])("refuses %s", (_, changes, message) => {
    expect(() => read(changes)).toThrow(message);
    expect(() => read(changes)).not.toThrow(/hidden/);
  });

  test("has no secrets where they would stand in plain", () => {
    const secretKeys = [...SECRET_KEYS, "fivefold:useCases"];
    expect(() => read({ useCases: "{}" }, secretKeys)).toThrow("fivefold:useCases is set as a secret");
  });

  test("gives a use case the secret variables of all and its own", async () => {
    const { secretEnv } = read({ secretEnv: '{"*": {"A": "1", "B": "2"}, "greet": {"B": "3"}}' }).useCase("greet");
    expect(Object.keys(secretEnv)).toEqual(["A", "B"]);
    expect(await pulumi.isSecret(secretEnv.B as pulumi.Output<string>)).toBe(true);
    const value = await new Promise((resolve) => pulumi.output(secretEnv.B).apply(resolve));
    expect(value).toBe("3");
  });

  test("knows PostgreSQL's port from its address, unless it is told another", () => {
    expect(read({ postgresUrl: "postgres://u:p@h:6432/d" }).kubernetes?.postgresPort).toBe(6_432);
    expect(read({ postgresPort: "7000" }).kubernetes?.postgresPort).toBe(7_000);
  });

  test("tells all processes by which client they come to Pulsar, if it is not the default", () => {
    const clientIn = (config: Record<string, string>) =>
      environmentOf(homeOf(read(config).kubernetes!).services as Services).FIVEFOLD_PULSAR_CLIENT;
    expect(clientIn({})).toBe(undefined);
    expect(clientIn({ pulsarClient: "libpulsar" })).toBe("libpulsar");
  });

  test("tells executors the web services that they reach", () => {
    expect(splitUrls(read({}).kubernetes?.pulsarAdminUrl ?? "")).toHaveLength(2);
    expect(read({ pulsarUrl: "pulsar://a", pulsarWebUrl: undefined }).kubernetes?.pulsarAdminUrl).toBe(
      "https://pulsar.example.com:8443",
    );
  });
});
