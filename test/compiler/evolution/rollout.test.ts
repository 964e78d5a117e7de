import { expect, test } from "vitest";
import { applyLock } from "../../../compiler/lock/lock.ts";
import type { UseCase } from "../../../compiler/model/model.ts";
import { RejectError, RetryError } from "../../../runtime/authoring/outcome.ts";
import { createClient } from "../../../runtime/client.ts";
import { connectMemory, createSimulatedClock } from "../../../runtime/testing/testing.ts";
import { startWorker, type Worker } from "../../../runtime/worker.ts";
import { INT, message, TEXT } from "../emit/models.ts";
import { read, releasedText } from "../lock-versions.ts";
import { type Version, versionOf } from "./version.ts";

/*
 * One rollout with all layers and in virtual time, of what the family tries without them: that records are what they
 * were, wherever they waited.
 */

const NAME = "sample";

/** Released one after the other. */
function versionsOf(...useCases: readonly UseCase[]): Version[] {
  let lockText: string | undefined;
  return useCases.map((useCase) => {
    const { useCases: numbered, diagnostics, lockText: next } = applyLock([useCase], lockText);
    expect(diagnostics).toEqual([]);
    lockText = releasedText(numbered, next);
    return versionOf(numbered[0]!, () => [], { defaults: {}, formerNames: {} });
  });
}

const [old, now] = versionsOf(
  read([message("Order", { id: TEXT, "comment?": TEXT, total: INT })]),
  read([
    {
      ...message("Order", {}),
      fields: Object.values(message("Order", { id: TEXT, "note?": TEXT, "total?": INT, currency: TEXT }).fields).map(
        (field) => ({
          ...field,
          number: 0,
          ...(field.name === "note" && { was: ["comment"] }),
          ...(field.name === "currency" && { defaultText: '"eur"' }),
        }),
      ),
    },
  ]),
) as [Version, Version];

test("records that are queued, delayed, retried and dead-lettered over a rollout and back are read as what they were", async () => {
  const clock = createSimulatedClock(7);
  const { ports, close } = connectMemory(clock);
  const problems: string[] = [];
  const handled: unknown[] = [];
  const inTime = async <T>(promise: Promise<T>): Promise<T> => {
    let ended = false;
    const settled = promise.finally(() => {
      ended = true;
    });
    settled.catch(() => {});
    await clock.until(() => ended, 10_000);
    return settled;
  };
  const work = ({ settings, decode }: Version, handler: (event: { readonly id: string }) => void): Promise<Worker> =>
    inTime(
      startWorker({
        ports,
        executors: [
          { settings, decode, subscribers: { default: { handler: (event) => handler(event as { id: string }) } } },
        ],
        reportProblem: ({ code }) => problems.push(code),
      }),
    );
  const send = (version: Version, event: object, delay?: `${number}m`) =>
    inTime(createClient<unknown>(version).enqueue(event, { delay }));

  const first = await work(old, ({ id }) => {
    if (id === "dead") throw new RejectError("not now");
    if (id === "retried") throw new RetryError("not yet", { after: "2m" });
  });
  await send(old, { id: "dead", total: 0 });
  await send(old, { id: "retried", comment: "", total: 1 });
  await send(old, { id: "delayed", total: 0 }, "3m");
  await clock.advance(60_000);
  await inTime(first.drain());
  await send(old, { id: "queued", comment: "c", total: 2 });

  // Senders went first by mistake: the old workers hold what is too new for them.
  await send(now, { id: "new", note: "n", currency: "usd" });
  await send(now, { id: "new and delayed", currency: "" }, "1m");
  const back = await work(old, ({ id }) => {
    throw new RetryError(`${id} again`, { after: "2m" });
  });
  await clock.advance(90_000);
  expect(problems).toContain("newer-version");
  await inTime(back.drain());

  const last = await work(now, (event) => handled.push(event));
  await clock.advance(300_000);
  const letters = await inTime(ports.transport.subscribe(`${NAME}-default-DLQ`, "dead-letters", "shared"));
  const dead = await inTime(letters.receive(10));
  expect(dead.map(({ version }) => version)).toEqual([1]);
  const producer = await inTime(ports.transport.producer(NAME));
  await inTime(producer.publish(dead));
  await clock.advance(60_000);

  const byId = (events: readonly unknown[]) =>
    Object.fromEntries(events.map((event) => [(event as { id: string }).id, event]));
  expect(handled).toHaveLength(6);
  expect(byId(handled)).toEqual({
    dead: { id: "dead", total: 0, currency: "eur" },
    retried: { id: "retried", note: "", total: 1, currency: "eur" },
    delayed: { id: "delayed", total: 0, currency: "eur" },
    queued: { id: "queued", note: "c", total: 2, currency: "eur" },
    new: { id: "new", note: "n", currency: "usd" },
    "new and delayed": { id: "new and delayed", currency: "" },
  });
  await inTime(last.drain());
  await close();
});
