import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  certificates,
  httpUrl,
  postgresAddress,
  prometheusUrl,
  pulsarUrls,
  splitUrls,
  token,
} from "../../stacks/address-values.ts";
import { readConfig } from "../../stacks/config.ts";
import { READERS } from "../../stacks/config-keys.ts";
import { isBad, type Reader } from "../../stacks/config-values.ts";
import { egress } from "../../stacks/kubernetes/egress.ts";
import {
  annotationKey,
  cidr,
  cpu,
  dnsLabel,
  envName,
  envValue,
  imageReference,
  labelKey,
  labelValue,
  memory,
  objectName,
} from "../../stacks/kubernetes/values.ts";
import { useCaseConfig } from "../../stacks/use-case-config.ts";
import { CERTIFICATE, PRODUCTION, SECRET_KEYS } from "./example-config.ts";
import { GREET } from "./greet.ts";

const HEX = "0123456789abcdef".repeat(4);
const LONG = "a".repeat(64);

/** What each reader takes as it is, and what it refuses. test/e2e/stacks-values.test.ts asks a real API server the same. */
const VALUES: readonly [string, Reader<unknown>, readonly unknown[], readonly unknown[]][] = [
  [
    "memory",
    memory,
    ["512Mi", "1Gi", "1G", "1536Mi", "33554432", "32Mi", "64Ti"],
    ["512m", "512", "1 GB", "1GB", "0", "-1Gi", "1Ei", "1e400", "", "Mi", "512mi", 512, "NaN", "0.3", "1n", "500u"],
  ],
  [
    "cpu",
    cpu,
    ["100m", "1", "1024", "1m"],
    ["0", "0.5m", "1n", "512Mi", "2000", "-1", "1 ", "1,5", "", "half", 1, "1e99"],
  ],
  ["label values", labelValue, ["", "a", "A-b_c.9", "a".repeat(63)], [LONG, "-a", "a-", "a b", "ä", "a/b", 1, null]],
  [
    "label keys",
    labelKey,
    ["team", "example.com/team", "A", "a_b", `${"a".repeat(253)}/b`],
    ["", "/a", "a/", "a/b/c", "Example.com/a", "-a", LONG, "a b"],
  ],
  ["annotation keys", annotationKey, ["team", "Example.com/Team"], ["", "/a", "a/b/c", LONG]],
  [
    "names of objects",
    objectName,
    ["a", "a.b-c", "0a", "a".repeat(253)],
    ["Bad_Name", "A", "a.", ".a", "a..b", "-a", "a".repeat(254), "", "a b"],
  ],
  ["namespaces", dnsLabel, ["a", "a-1", "1a", "a".repeat(63)], ["a.b", "A", "a_", "-a", LONG, ""]],
  [
    "names of variables",
    envName,
    ["HTTP_PROXY", "_", "a.b", "A-B", "a1"],
    ["1 BAD", "1BAD", "A B", "A=B", "", ".", "..", "..A", "ä", "a".repeat(254), "A\0"],
  ],
  [
    "values of variables",
    envValue,
    ["", " ", "a\nb", "ä", "=", "x".repeat(130_000)],
    [1, true, null, "a\0b", "\ud800", "x".repeat(131_072)],
  ],
  [
    "images",
    imageReference,
    [
      "shop",
      "shop:1",
      "registry.example.com/shop",
      "localhost:5000/a/b_c:1.2-3",
      `shop@sha256:${HEX}`,
      `r.io/a:1@sha256:${HEX}`,
      "ghcr.io/Acme/x".toLowerCase(),
      "[::1]:5000/a",
      "a__b",
      "Host/x",
    ],
    [
      "",
      "Shop",
      "ghcr.io/Acme/shop",
      "shop:",
      "shop@sha256:0000",
      `shop@md5:${HEX}`,
      "shop :1",
      " shop",
      "https://r.io/shop",
      "a//b",
      "a/",
      "/a",
      "a:b:c",
      `a:${"b".repeat(129)}`,
      HEX,
      "a@",
      "shop:ä",
      "a..b",
    ],
  ],
  [
    "blocks of addresses",
    cidr,
    ["10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "10.0.0.1/32", "1.2.3.4/32", "2001:db8::/33"],
    [
      "10.0.0.0",
      "10.0.0.0/33",
      "::/129",
      "10.0.0/8",
      "010.0.0.0/8",
      "a/8",
      "10.0.0.0/08",
      "fe80::1%eth0/64",
      "/8",
      "10.0.0.0/-1",
      "10.0.0.1/8",
      "fd00::1/8",
      "::ffff:1.2.3.4/96",
    ],
  ],
  [
    "web services",
    httpUrl,
    ["https://a:8443", "http://a", "http://a/", "http://[::1]:80", "http://a_b.c", "http://a/prefix"],
    [
      "a",
      "ftp://a",
      "http://",
      "http:///a",
      "http:a",
      "http://a b",
      "http://a:0",
      "http://a:99999",
      "http://u:p@a",
      "http://a?x",
      "http://a#x",
      "http://a?",
      "http://a\n",
      " http://a",
      "http://-",
    ],
  ],
  [
    "Prometheus",
    prometheusUrl,
    ["http://prometheus.monitoring:9090", "https://mimir/prometheus"],
    ["prometheus:9090", "http://p?match=1", ""],
  ],
  [
    "Pulsar",
    pulsarUrls,
    ["pulsar://a:6650", "pulsar+ssl://a", "https://a:8443", "pulsar://a,pulsar://b"],
    [
      "pulsar://",
      "pulsar://a:6650,b:6651",
      "kafka://a",
      "pulsar://a,",
      "pulsar://a/b",
      "pulsar://a:65536",
      "pulsar://u@a",
      "a:6650",
      "",
    ],
  ],
  ["tokens", token, ["eyJhbGciOi.a-b_c.d="], ["", "a\n", " a", "a b", "ä", 1]],
  [
    "certificates",
    certificates,
    [CERTIFICATE, `# ours\n${CERTIFICATE}${CERTIFICATE}`],
    [
      "",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
      CERTIFICATE.slice(0, 200),
      `${CERTIFICATE}-----BEGIN CERTIFICATE-----\n`,
      "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
    ],
  ],
  [
    "ways out",
    egress,
    [
      [],
      [{ cidr: "10.0.0.0/8", ports: [443] }],
      [{ namespace: "a", ports: [80, "53/UDP"] }],
      [{ namespace: "a", pods: { app: "b" }, ports: [80] }],
      [{ pods: {}, ports: [80] }],
    ],
    [
      [{ cidr: "10.0.0.0/8" }],
      [{ ports: [443] }],
      [{ cidr: "::/0", namespace: "a", ports: [1] }],
      [{ namespace: "A", ports: [1] }],
      [{ namespace: "a", ports: [] }],
      [{ namespace: "a", ports: [0] }],
      [{ namespace: "a", ports: ["53/SCTP"] }],
      [{ namespace: "a", ports: ["0/UDP"] }],
      {},
    ],
  ],
];

describe.each(VALUES)("%s", (_, read, taken, refused) => {
  test.each(taken.map((value) => [value]))("takes %j", (value) => expect(read(value)).toEqual(value));
  test.each(refused.map((value) => [value]))("refuses %j", (value) => expect(isBad(read(value))).toBe(true));
});

test("a quantity is written as the server would store it, so that a refresh finds no drift", () => {
  expect([cpu("0.5"), cpu("1.5"), cpu("2000m"), cpu("1e0"), cpu("0.1e1"), cpu("1000000u")]).toEqual([
    "500m",
    "1500m",
    "2",
    "1",
    "1",
    "1",
  ]);
  expect([memory("1024Mi"), memory("1.5Gi"), memory("1000M"), memory("1e9"), memory("536870912000m")]).toMatchObject([
    "1Gi",
    "1536Mi",
    "1G",
    "1G",
    { problem: expect.any(String) },
  ]);
});

test("what is nearly right is told with its fix", () => {
  expect(memory("512m")).toMatchObject({
    problem: expect.stringContaining(`'m' means thousandths of a byte. Write "512Mi" or "512M"`),
  });
  expect(cpu("512Mi")).toMatchObject({ problem: expect.stringContaining("is it memory's") });
  expect(imageReference("ghcr.io/Acme/shop")).toMatchObject({ problem: expect.stringContaining("in lower case") });
  expect(token("abc\n")).toMatchObject({ problem: expect.stringContaining("last line break") });
});

describe("PostgreSQL's address", () => {
  test.each<[string, number]>([
    ["postgres://u:p@h/d", 5432],
    ["postgresql://u:p@h:6432/d?sslmode=require", 6432],
    ["postgres://u:p%40%2F@h.example.com/d", 5432],
    ["postgres://u@[::1]:7000/d", 7000],
    ["postgres:///d?host=db&port=7001", 7001],
    ["postgres://h", 5432],
  ])("%s", (url, port) => expect(postgresAddress(url)).toEqual({ port }));

  test.each([
    "mysql://u:hidden@h/d",
    "u:hidden@h/d",
    "postgres://u:hid#den@h/d",
    "postgres://u:hidden/@h/d",
    "postgres://u:hid%den@h/d",
    "postgres://u:hidden@/d",
    "postgres://u:hidden@%2Fvar%2Frun/d",
    "postgres:///d?host=/var/run&password=hidden",
    "postgres://u:hidden@h1,h2/d",
    "postgres://u:hidden@h:0/d",
    "postgres://u:hidden@h/d?port=x",
    "postgres://u:hidden@h/d\n",
    "https://u:hidden@h",
  ])("is refused without telling it: %s", (url) => {
    const read = postgresAddress(url);
    expect(isBad(read)).toBe(true);
    expect(JSON.stringify(read)).not.toMatch(/hidden|hid#|hid%/);
  });
});

/** Anything that a config may hold, with names that objects have from birth and values of the right shape. */
const hostile = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(
      "",
      "512m",
      "10.0.0.0/8",
      "shop:1",
      "1",
      "true",
      "30d",
      null,
      true,
      0,
      -1,
      1.5,
      "\ud800",
      "\0",
    ),
    fc.string(),
    fc.integer(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          "problem",
          "at",
          "constructor",
          "__proto__",
          "toString",
          "env",
          "pod",
          "egress",
          "cidr",
          "ports",
          "labels",
          "memory",
          "tolerations",
          "sidecars",
          "name",
        ),
        fc.string(),
      ),
      tie("value"),
      { maxKeys: 4 },
    ),
  ),
})).value;

test("no value makes a reader throw, and what it takes it takes again as it has read it", () => {
  fc.assert(
    fc.property(hostile, (value) => {
      for (const [key, read] of Object.entries(READERS) as [string, Reader<unknown>][]) {
        const once = read(value);
        if (isBad(once)) {
          expect(once.problem, key).toMatch(/^(must|has|is|repeats) /);
        } else if (typeof once === "string") {
          expect(read(once), key).toBe(once);
        }
      }
    }),
    { numRuns: 2_000, seed: 11 },
  );
});

test("a quantity that is taken is what it says, to the byte and to the thousandth of a CPU", () => {
  const factors: Readonly<Record<string, bigint>> = {
    "": 1n,
    k: 1_000n,
    M: 10n ** 6n,
    G: 10n ** 9n,
    T: 10n ** 12n,
    Ki: 1n << 10n,
    Mi: 1n << 20n,
    Gi: 1n << 30n,
    Ti: 1n << 40n,
  };
  const bytesOf = (text: string) => {
    const [, digits = "", unit = ""] = /^(\d+)(\D*)$/.exec(text) ?? [];
    return BigInt(digits) * (factors[unit] ?? 0n);
  };
  fc.assert(
    fc.property(fc.bigInt(1n, 10n ** 14n), fc.constantFrom(...Object.keys(factors)), (count, unit) => {
      const bytes = count * (factors[unit] ?? 0n);
      const read = memory(`${count}${unit}`);
      if (isBad(read)) expect(bytes < 32n << 20n || bytes > 64n << 40n).toBe(true);
      else expect(bytesOf(read)).toBe(bytes);
    }),
    { numRuns: 2_000, seed: 12 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_024_000 }), (milli) => {
      const read = cpu(`${Math.floor(milli / 1_000)}.${String(milli % 1_000).padStart(3, "0")}`);
      expect(read).toBe(milli % 1_000 === 0 ? `${milli / 1_000}` : `${milli}m`);
    }),
    { numRuns: 1_000, seed: 13 },
  );
});

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
      "fivefold:adminRoles[0] must be a text that is not empty, in one line",
    ],
    [
      "too few web services",
      { pulsarWebUrl: "https://a:8443" },
      "fivefold:pulsarUrl names 2 clusters by their brokers, and there are 1",
    ],
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

  test("tells executors the web services that they reach", () => {
    expect(splitUrls(read({}).kubernetes?.pulsarAdminUrl ?? "")).toHaveLength(2);
    expect(read({ pulsarUrl: "pulsar://a", pulsarWebUrl: undefined }).kubernetes?.pulsarAdminUrl).toBe(
      "https://pulsar.example.com:8443",
    );
  });
});
