import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Transport } from "../../runtime/transport/transport.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { signPulsarToken } from "../parts/pulsar-token.ts";
import { ids, receiveCount } from "../transport/conformance/subject.ts";
import { records } from "../transport/records.ts";
import { createNamespace, WAYS } from "./pulsar/transports.ts";

const TOPIC = [{ name: "t", ordered: false, subscriptions: ["s"] }];

let broker: PulsarBroker;
let transports: Transport[] = [];

beforeAll(async () => {
  broker = await startPulsarBroker({ auth: "token" });
}, INSTALL_TIMEOUT_MS);

afterEach(async () => {
  for (const transport of transports) await transport.close();
  transports = [];
});

afterAll(() => broker?.stop());

describe.each(WAYS)("$name with tokens", (way) => {
  async function open(namespace: string, token?: () => string): Promise<Transport> {
    const transport = await way.open(broker, { namespace, token, timeoutMs: 20_000 });
    transports.push(transport);
    return transport;
  }

  /** A namespace with the topic, where the roles `sender` and `receiver` may do what their names say. */
  async function createTopic(): Promise<string> {
    const { name } = await createNamespace(broker);
    await (await open(name, () => broker.adminToken!)).declare(TOPIC);
    await broker.admin("POST", `/admin/v2/persistent/${name}/t/permissions/sender`, ["produce"]);
    await broker.admin("POST", `/admin/v2/persistent/${name}/t/permissions/receiver`, ["consume"]);
    return name;
  }

  test("roles do what they may, and are told what they may not", async () => {
    const namespace = await createTopic();
    const sender = await open(namespace, () => broker.tokenFor("sender"));
    // What the role that deploys has made is found to be there; what is missing can't be made.
    await sender.declare(TOPIC);
    await expect(sender.declare([{ name: "new", ordered: false, subscriptions: [] }])).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.stringContaining("'new'"),
    });
    await (await sender.producer("t")).publish(records(3));
    await expect(sender.subscribe("t", "s", "shared")).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.stringMatching(/'t'.*permission/s),
    });

    const receiver = await open(namespace, () => broker.tokenFor("receiver"));
    await receiver.declare(TOPIC);
    await expect(receiver.producer("t")).rejects.toMatchObject({ code: "unauthorized" });
    const consumer = await receiver.subscribe("t", "s", "shared");
    const messages = await receiveCount(consumer, 3);
    expect(ids(messages)).toEqual(["0", "1", "2"]);
    await consumer.acknowledge(messages);
    expect(await receiver.backlog("t", "s")).toBe(0);
  });

  test.each([
    ["no token", () => undefined],
    ["a token that another key signed", () => () => signPulsarToken(Buffer.alloc(32, 1), "sender")],
    ["an expired token", () => () => broker.tokenFor("sender", -60)],
    ["what is no token", () => () => "nonsense"],
    ["an empty token", () => () => "\n"],
  ])("%s is refused by every call, at once", async (_, createToken) => {
    const namespace = await createTopic();
    const transport = await open(namespace, createToken());
    const startedAt = performance.now();
    const refused = { code: "unauthorized", message: expect.stringMatching(/token/) };
    await expect(transport.declare(TOPIC)).rejects.toMatchObject(refused);
    await expect(transport.producer("t")).rejects.toMatchObject(refused);
    await expect(transport.subscribe("t", "s", "shared")).rejects.toMatchObject(refused);
    await expect(transport.backlog("t", "s")).rejects.toMatchObject(refused);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  test("a token never shows in what is reported", async () => {
    const namespace = await createTopic();
    const token = broker.tokenFor("stranger");
    const transport = await open(namespace, () => token);
    const error: unknown = await transport.producer("t").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "unauthorized" });
    expect(`${error instanceof Error ? error.stack : error}`).not.toContain(token);
  });
});
