import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../stacks/config.ts";
import { READERS } from "../../stacks/config-keys.ts";
import { isBad, role } from "../../stacks/config-values.ts";
import { createPulsarAdmin, type PulsarAdmin } from "../../stacks/pulsar/admin-client.ts";
import { NAMESPACE } from "../../stacks/pulsar/namespace.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { DEVELOPMENT } from "../stacks/example-config.ts";

/*
 * The rules that a preview reads values for Pulsar by, held to a real broker: it takes what they take, and refuses what
 * they refuse for its sake.
 */

let broker: PulsarBroker;
let admin: PulsarAdmin;

beforeAll(async () => {
  broker = await startPulsarBroker();
  admin = createPulsarAdmin({ adminUrl: broker.adminUrl });
  await admin.put("/tenants/shop", { allowedClusters: ["standalone"], adminRoles: [] });
  await admin.put("/namespaces/shop/roles", { replication_clusters: ["standalone"] });
  await admin.put("/persistent/shop/roles/topic/partitions", 1);
}, INSTALL_TIMEOUT_MS);

afterAll(() => broker?.stop());

const took = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  );

test.each(["a", "-x", "a=b:c.d", "A_1", "a".repeat(200), "ä", "a b", "a/b", "..", "."])(
  "a tenant '%s'",
  async (name) => {
    const path = `/tenants/${encodeURIComponent(name)}`;
    expect(await took(admin.put(path, { allowedClusters: ["standalone"], adminRoles: [] }))).toBe(
      !isBad(READERS.tenant(name)),
    );
  },
);

test.each(["a", "a b", "a/b", "a%b", "ä", "a#b", "a?b", "a\\b", "a;b", "..", "."])("a role '%s'", async (name) => {
  const path = `/persistent/shop/roles/topic/permissions/${encodeURIComponent(name)}`;
  expect(await took(admin.post(path, ["produce"]))).toBe(!isBad(role(name)));
});

test("an administrator's role with a blank at its end", async () => {
  const tenant = { allowedClusters: ["standalone"], adminRoles: ["a "] };
  expect(await took(admin.put("/tenants/blank", tenant))).toBe(!isBad(READERS.adminRoles(tenant.adminRoles)));
});

test.each([
  ["1d", "10240", "8192", "0s"],
  ["0s", "10240", "8192", "0s"],
  ["1d", "0", "8192", "0s"],
  ["0s", "0", "8192", "0s"],
  ["1d", "-1", "8192", "0s"],
  ["1d", "8192", "8192", "0s"],
  ["1d", "8193", "8192", "24855d"],
  ["1490000d", "10240", "8192", "0s"],
])(
  "retention of %s and %s MB, a quota of %s MB, time to live %s",
  async (retention, retentionMegabytes, backlogQuotaMegabytes, messageTtl) => {
    const settings = { retention, retentionMegabytes, backlogQuotaMegabytes, messageTtl };
    const keys = Object.entries(settings).map(([key, value]) => [`fivefold:${key}`, value]);
    pulumi.runtime.setAllConfig({ ...DEVELOPMENT, ...Object.fromEntries(keys) }, []);
    const namespace = `shop/${Object.values(settings).join("_")}`;
    let config: ReturnType<typeof readConfig> | undefined;
    try {
      config = readConfig([]);
    } catch {
      // The broker is asked below for what would have been set.
    }
    const minutes = retention === "0s" ? 0 : Number.parseInt(retention, 10) * 1_440;
    const policies = config?.policies ?? {
      clusters: ["standalone"],
      deduplication: true,
      autoCreation: false,
      deleteInactiveTopics: false,
      subscriptionExpirationMinutes: 0,
      retentionMinutes: minutes,
      retentionMegabytes: Number(retentionMegabytes),
      backlogQuotaMegabytes: Number(backlogQuotaMegabytes),
      messageTtlSeconds: 0,
      schemaCompatibility: "ALWAYS_COMPATIBLE",
      schemaAutoUpdate: false,
      schemaValidation: false,
    };
    const inputs = { namespace, ...policies };
    const created = NAMESPACE.create(inputs, admin).then(async () => {
      const live = await NAMESPACE.read(namespace, inputs, admin);
      if (live) await NAMESPACE.update?.(live, inputs, admin);
    });
    expect(await took(created)).toBe(config !== undefined);
  },
);
