import { expect, test } from "vitest";
import { createReceiver, LATER, sendOutcome } from "../../runtime/receiver.ts";
import type { Note } from "../runtime/note-contract.ts";
import { LATE, openLmdb, settings, startPort } from "../runtime/targets/callback-ports.ts";
import { openTargetWorld, SECRET, startService } from "../runtime/targets/target-world.ts";

const OTHER = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const receiver = createReceiver<Note>({
  ...{ settings, subscriber: "default", target: "thumbnails", format: "json", validate: () => undefined },
  decode: (payload) => JSON.parse(Buffer.from(payload).toString()) as Note,
  fromJson: (value) => value as Note,
});

test("1,000 tasks answered by 202, with callbacks early, late, twice, forged and at another replica, settle once each", async () => {
  const openControlStore = await openLmdb();
  const [first, second] = await Promise.all([startPort(openControlStore), startPort(openControlStore)]);
  const refused: string[] = [];
  const tell = (callback: string, outcome: Parameters<typeof sendOutcome>[1], secret = SECRET) =>
    sendOutcome(callback, outcome, { secret });
  const calls = new Map<string, number>();
  const answer = receiver.fetch(
    async ({ id }, { callback, attempt }) => {
      calls.set(id, (calls.get(id) ?? 0) + 1);
      const kind = Number(id) % 5;
      const outcome =
        Number(id) % 10 === 7 ? ({ outcome: "reject", message: "never" } as const) : ({ outcome: "done" } as const);
      // Before the 202 is read.
      if (kind === 0) await tell(callback, outcome);
      if (kind === 1) setTimeout(() => void tell(callback, outcome), 50);
      if (kind === 2) {
        const at = callback.replace(first!, second!);
        setTimeout(
          () => void tell(at, outcome).then(() => tell(callback, { outcome: "reject", message: "twice" })),
          20,
        );
      }
      if (kind === 3) {
        setTimeout(() => void tell(callback, outcome, OTHER).catch(({ message }) => void refused.push(message)), 10);
        setTimeout(() => void tell(callback, outcome), 60);
      }
      // Only the second try is told in time; that of the first one comes when nobody waits for it.
      if (kind === 4) {
        // By the time of the late ones, all may have ended.
        setTimeout(() => void tell(callback, outcome).catch(() => {}), attempt === 1 ? 4_000 : 20);
      }
      return LATER;
    },
    { secret: SECRET },
  );
  const service = await startService(async (request, response, body) => {
    const headers = request.headers as Record<string, string>;
    const reply = await answer(new Request("http://x/", { method: "POST", headers, body: new Uint8Array(body) }));
    response.writeHead(reply.status).end(await reply.text());
  });
  const world = await openTargetWorld({
    target: LATE,
    environment: { FIVEFOLD_SERVICE_THUMBNAILS: service.url, FIVEFOLD_CALLBACK_URL: first! },
    openControlStore,
    subscriber: { maxInFlight: 400, timeoutMs: 3_000, maxRetries: 3 },
  });
  await world.notes.enqueueAll(Array.from({ length: 1_000 }, (_, index) => ({ id: `${index}` })));
  await world.ended(1_000, 25_000);
  expect(world.counts().delivery).toMatchObject({ done: 900, deadLettered: 100, deadLetters: { rejected: 100 } });
  expect(new Set((await world.deadLetters()).map(({ failure }) => failure?.message))).toEqual(new Set(["never"]));
  const settled = world.settled.filter(({ result }) => result !== "retried").map(({ message }) => message.id);
  expect(new Set(settled).size).toBe(1_000);
  expect(settled.length).toBe(1_000);
  expect(refused.length).toBe(200);
  expect(refused[0]).toMatch("answered 401: webhook-signature is by none");
  // Those that were late were tried again, and no others.
  expect(world.settled.filter(({ result }) => result === "retried").length).toBe(200);
  expect([...calls].filter(([, count]) => count > 1).every(([id]) => Number(id) % 5 === 4)).toBe(true);
});
