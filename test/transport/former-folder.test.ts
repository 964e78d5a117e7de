import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { bootId } from "../../runtime/adapters/embedded/lmdb/process-identity.ts";
import { openLmdbDedupeStore } from "../../runtime/adapters/embedded/lmdb-dedupe-store.ts";
import { openLmdbDelayStore } from "../../runtime/adapters/embedded/lmdb-delay-store.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { SubscriptionType, Transport } from "../../runtime/transport/transport.ts";
import { record } from "./records.ts";

/*
 * A data folder as Fivefold 0.1 left it when it was killed. Topics `plain` and `lanes` (ordered by key) got 300 records
 * each, number n with key `k${n % 7}`. Of `plain`, subscription `fast` took 200 and acknowledged all but every fourth,
 * `slow` took and acknowledged 90; of `lanes`, `only` took 150, acknowledged the first 120 and held the rest. 40 events
 * were delayed, 40 dedupe ids accepted, half of them long ones.
 */
const FOLDER = join(import.meta.dirname, "former-folder.json.gz");

let folder = "";
let problems: string[] = [];
const reportProblem = (problem: Error) => {
  problems.push(problem.message);
};

/** Unpacks the folder; as one of this boot of the machine, where it is not to have started anew since. */
function unpack(isSameBoot: boolean): void {
  const files = JSON.parse(gunzipSync(readFileSync(FOLDER)).toString()) as Record<string, string>;
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), Buffer.from(bytes, "base64"));
  }
  for (const store of ["topics", "delays", "dedupe"]) {
    const former = readdirSync(join(folder, store)).find((name) => name.startsWith("boot-"))!;
    const name = isSameBoot ? `boot-${bootId().slice(0, 8) || "unknown"}` : "boot-00000000";
    renameSync(join(folder, store, former), join(folder, store, name));
  }
}

const openTopics = (): Promise<Transport> =>
  openEmbeddedTransport({ folder: join(folder, "topics"), clock: systemClock, reportProblem });

async function drain(transport: Transport, topic: string, name: string, type: SubscriptionType): Promise<number[]> {
  const consumer = await transport.subscribe(topic, name, type);
  const numbers: number[] = [];
  while ((await transport.backlog(topic, name)) > 0) {
    const messages = await consumer.receive(50);
    for (const message of messages) {
      const number = Number(message.id.slice(topic.length + 1));
      numbers.push(number);
      expect(message.key).toBe(`k${number % 7}`);
      expect(message.payload.every((byte) => byte === number % 251)).toBe(true);
    }
    await consumer.acknowledge(messages);
  }
  await consumer.close();
  return numbers;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-former-"));
  problems = [];
});

afterEach(() => rm(folder, { recursive: true }));

const numbers = Array.from({ length: 300 }, (_, number) => number);

describe.each([true, false])("a data folder of Fivefold 0.1, in the boot that it is of: %s", (isSameBoot) => {
  test("drains what is left of each subscription, in order", async () => {
    unpack(isSameBoot);
    const transport = await openTopics();
    const fast = await drain(transport, "plain", "fast", "shared");
    expect(fast.sort((a, b) => a - b)).toEqual(numbers.filter((number) => number >= 200 || number % 4 === 3));
    expect(await drain(transport, "plain", "slow", "shared")).toEqual(numbers.slice(90));
    const lanes = await drain(transport, "lanes", "only", "key-shared");
    expect(new Set(lanes).size).toBe(180);
    expect(lanes).toHaveLength(180);
    for (let key = 0; key < 7; key++) {
      const ofKey = lanes.filter((number) => number % 7 === key);
      expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
      // The last ones were never acknowledged.
      const all = numbers.filter((number) => number % 7 === key);
      expect(ofKey).toEqual(all.slice(all.length - ofKey.length));
    }
    // It goes on from there, and again after a close.
    await (await transport.producer("lanes")).publish([record("lanes-300", { key: "k6" })]);
    await transport.close();
    const again = await openTopics();
    expect(await again.backlog("plain", "fast")).toBe(0);
    expect(await drain(again, "lanes", "only", "key-shared")).toEqual([300]);
    await again.close();
    expect(problems).toEqual([]);
  });

  test("fires its delayed events, and knows its dedupe ids", async () => {
    unpack(isSameBoot);
    const delays = await openLmdbDelayStore(join(folder, "delays"), systemClock, reportProblem);
    const claims = await delays.claimDue(Date.now(), 100, 60_000);
    expect(claims.map(({ record: { id, payload }, dueAt }) => [id, payload[9], dueAt])).toEqual(
      numbers.slice(0, 40).map((number) => [`delayed-${number}`, number, 1_000 + number]),
    );
    await delays.remove(claims);
    expect(await delays.size()).toBe(0);
    await delays.close();
    const dedupe = await openLmdbDedupeStore(join(folder, "dedupe"), systemClock, reportProblem);
    const requests = numbers.slice(0, 40).map((number) => {
      const dedupeId = number < 20 ? `id ${number}` : `${"ü".repeat(250)}${number}`;
      return { useCase: "plain", dedupeId, id: "other" };
    });
    expect(await dedupe.reserve(requests, Date.now(), 5_000)).toEqual(
      requests.map((_, number) => ({ kind: "duplicate", id: `task-${number}` })),
    );
    await dedupe.close();
    expect(problems).toEqual([]);
  });
});
