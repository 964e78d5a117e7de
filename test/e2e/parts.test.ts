import { once } from "node:events";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { startPulsarBroker } from "../parts/pulsar-broker.ts";
import { installPulsarBroker } from "../parts/pulsar-install.ts";

beforeAll(async () => {
  await installPulsarBroker();
}, INSTALL_TIMEOUT_MS);

test("a Pulsar broker keeps what it confirmed, though it is killed", async () => {
  const broker = await startPulsarBroker();
  onTestFinished(() => broker.stop());
  const topic = "persistent/public/default/parts";
  await broker.admin("PUT", `/admin/v2/${topic}/subscription/reader`, {});
  const receipt = await exchange(`${broker.webSocketUrl}/ws/v2/producer/${topic}`, {
    payload: Buffer.from("kept").toString("base64"),
    key: "k",
  });
  expect(receipt).toMatchObject({ result: "ok" });

  const first = broker.pid();
  await broker.kill();
  await expect(broker.admin("GET", "/admin/v2/clusters")).rejects.toThrow("fetch failed");
  await broker.restart();
  expect(broker.pid()).not.toBe(first);

  const message = await exchange(`${broker.webSocketUrl}/ws/v2/consumer/${topic}/reader`);
  expect(message).toMatchObject({ payload: Buffer.from("kept").toString("base64"), key: "k" });
});

test("a Pulsar broker with tokens serves a role what it was permitted", async () => {
  const broker = await startPulsarBroker({ auth: "token" });
  onTestFinished(() => broker.stop());
  const partitions = `${broker.adminUrl}/admin/v2/persistent/public/default/orders/partitions`;
  const statusFor = async (token?: string) =>
    (await fetch(partitions, { headers: token ? { authorization: `Bearer ${token}` } : {} })).status;
  await broker.admin("PUT", "/admin/v2/persistent/public/default/orders/partitions", 2);

  expect(await statusFor()).toBe(401);
  expect(await statusFor(broker.tokenFor("producer"))).toBe(401);
  await broker.admin("POST", "/admin/v2/persistent/public/default/orders/permissions/producer", ["produce"]);
  expect(await statusFor(broker.tokenFor("producer"))).toBe(200);
  expect(await statusFor(broker.tokenFor("producer", -60))).toBe(401);
  expect(await statusFor(`${broker.tokenFor("producer")}x`)).toBe(401);
});

test("a broker that can't start is an error that shows why", async () => {
  await expect(startPulsarBroker({ config: { brokerServicePort: "no port" } })).rejects.toThrow(
    /'standalone' ended with exit code 1 before it served[\s\S]*no port/,
  );
});

/** Sends one message over a WebSocket, where there is one, and resolves with the first that comes. */
async function exchange(url: string, message?: unknown): Promise<unknown> {
  const socket = new WebSocket(url);
  try {
    await once(socket, "open");
    const answer = once(socket, "message");
    if (message !== undefined) socket.send(JSON.stringify(message));
    const [event] = (await answer) as [MessageEvent];
    return JSON.parse(event.data as string);
  } finally {
    socket.close();
  }
}
