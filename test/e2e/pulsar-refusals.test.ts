import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { FivefoldError } from "../../runtime/contract/errors.ts";
import type { Transport } from "../../runtime/transport/transport.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { record, records } from "../transport/records.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

const SOON_MS = 120_000;
const TOPIC = [{ name: "t", ordered: false, subscriptions: ["s"] }];

let broker: PulsarBroker;
let transports: Transport[] = [];

beforeAll(async () => {
  broker = await startPulsarBroker({
    auth: "token",
    config: {
      brokerDeduplicationEnabled: true,
      backlogQuotaCheckIntervalInSeconds: 1,
      authenticationRefreshCheckSeconds: 1,
    },
  });
}, INSTALL_TIMEOUT_MS);

afterEach(async () => {
  for (const transport of transports) await transport.close();
  transports = [];
});

afterAll(() => broker?.stop());

describe.each(WAYS)("$name: what an open producer says when it can't publish", (way) => {
  async function open(namespace: string, timeoutMs: number, token = () => broker.adminToken!): Promise<Transport> {
    const transport = await way.open(broker, { namespace, timeoutMs, token });
    transports.push(transport);
    return transport;
  }

  async function refusal(publishing: () => Promise<void>): Promise<FivefoldError> {
    for (const endsAt = performance.now() + SOON_MS; performance.now() < endsAt; await sleep(100)) {
      const error = await publishing().then(
        () => undefined,
        (refused: FivefoldError) => refused,
      );
      if (error) return error;
    }
    throw new Error("it was never refused");
  }

  test("its topic was deleted", async () => {
    const { name } = await createNamespace(broker);
    const transport = await open(name, 20_000);
    await transport.declare(TOPIC);
    const producer = await transport.producer("t");
    await producer.publish(records(1));
    await broker.admin("DELETE", `/admin/v2/persistent/${name}/t?force=true`);
    const error = await refusal(() => producer.publish([record("late")]));
    expect(error).toMatchObject({
      code: "unknown-topic",
      message: expect.stringContaining("'t'"),
    });
    await transport.declare(TOPIC);
    await waitUntil(
      () =>
        producer.publish([record("again")]).then(
          () => true,
          () => false,
        ),
      SOON_MS,
      () => "it does not go on once the topic is there again",
    );
  });

  test("a backlog quota holds producers back", async () => {
    const { name } = await createNamespace(broker);
    const limit = { limitSize: 20_000, policy: "producer_request_hold" };
    const quota = `/admin/v2/namespaces/${name}/backlogQuota?backlogQuotaType=destination_storage`;
    await broker.admin("POST", quota, limit);
    const transport = await open(name, 5_000);
    await transport.declare(TOPIC);
    const producer = await transport.producer("t");
    const error = await refusal(() => producer.publish(records(10, "", { payload: new Uint8Array(5_000) })));
    expect(error).toMatchObject({
      code: "storage-full",
      message: expect.stringContaining("quota"),
    });
    await broker.admin("DELETE", quota);
    await waitUntil(
      () =>
        producer.publish([record("again")]).then(
          () => true,
          () => false,
        ),
      SOON_MS,
      () => "it does not go on once there is room",
    );
  });

  test("its token has expired, and is renewed", async () => {
    const { name } = await createNamespace(broker);
    await (await open(name, 20_000)).declare(TOPIC);
    await broker.admin("POST", `/admin/v2/persistent/${name}/t/permissions/sender`, ["produce"]);
    let token = broker.tokenFor("sender", 6);
    const transport = await open(name, 20_000, () => token);
    const producer = await transport.producer("t");
    await producer.publish(records(1));
    // Pulsar's web service looks at a token when a connection is made, and not again.
    if (way.name.endsWith("WebSocket")) {
      await sleep(6_500);
      await producer.publish([record("on the connection that stands")]);
      await broker.kill();
      await broker.restart();
    }
    const error = await refusal(() => producer.publish([record("late")]));
    expect(error).toMatchObject({ code: "unauthorized", message: expect.stringContaining("'t'") });
    token = broker.tokenFor("sender");
    await waitUntil(
      () =>
        producer.publish([record("again")]).then(
          () => true,
          () => false,
        ),
      SOON_MS,
      () => "it does not go on with a good token",
    );
  });

  test("its broker is away: what is refused as withdrawn never comes", async () => {
    const { name } = await createNamespace(broker);
    const transport = await open(name, 5_000);
    await transport.declare(TOPIC);
    const producer = await transport.producer("t");
    await producer.publish(records(1, "before-"));
    const consumer = await transport.subscribe("t", "s", "shared");
    const going = Promise.allSettled(records(500, "going-").map((one) => producer.publish([one])));
    await broker.kill();
    const memory = process.memoryUsage.rss();
    const startedAt = performance.now();
    const away = await Promise.allSettled(records(100_000, "away-").map((one) => producer.publish([one])));
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    const mebibytes = Math.round((process.memoryUsage.rss() - memory) / 1_048_576);
    console.log(`${way.name}: 100,000 records refused after ${seconds} s, ${mebibytes} MiB more memory`);
    const withdrawn = new Set<string>();
    for (const [index, result] of away.entries()) {
      if (result.status === "fulfilled") continue;
      expect(result.reason).toMatchObject({ code: "not-connected" });
      if (!result.reason.mayBeStored) withdrawn.add(`away-${index}`);
    }
    expect(withdrawn.size).toBeGreaterThan(95_000);
    await broker.restart();
    await waitUntil(
      () =>
        producer.publish([record("last")]).then(
          () => true,
          () => false,
        ),
      SOON_MS,
      () => "it does not go on once the broker is back",
    );
    const came = new Set<string>();
    for (const endsAt = performance.now() + SOON_MS; !came.has("last") && performance.now() < endsAt; await sleep(10)) {
      const messages = await consumer.receive(1_000).catch(() => []);
      for (const { id } of messages) came.add(id);
      await consumer.acknowledge(messages).catch(() => {});
    }
    expect(came).toContain("last");
    expect([...withdrawn].filter((id) => came.has(id))).toEqual([]);
    const accepted = (await going).flatMap(({ status }, index) => (status === "fulfilled" ? [`going-${index}`] : []));
    expect(accepted.filter((id) => !came.has(id))).toEqual([]);
  });
});
