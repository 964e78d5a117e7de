import { hash } from "node:crypto";
import { type Job, type JobJson, type JobsOptions, Queue, Worker } from "bullmq";
import { type Cancel, type Clock, sleep } from "../contract/clock.ts";
import { FivefoldError } from "../contract/errors.ts";
import type { ForeignMessage, ForeignQueue, OutgoingMessage } from "./foreign-queue.ts";

export interface BullmqQueueOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url: string;
  readonly queue: string;
  /** Of all keys in Redis. Default: `bull`. */
  readonly prefix?: string | undefined;
  /** For how long Redis keeps what a process holds that has ended, in ms. Default: 30,000. */
  readonly lockMs?: number | undefined;
  readonly clock: Clock;
}

/** How a queue that keeps what is set aside is called. */
const SET_ASIDE = "-set-aside";
const POLL_MS = 50;
/** Those options of a job that are of its one queue, or used up once it has been received. */
const OWN_OPTIONS = ["jobId", "delay", "repeat", "repeatJobKey", "prevMillis", "parent", "deduplication", "de"];

interface Held {
  readonly job: Job;
  readonly token: string;
}

/** Reads jobs whose data is no JSON too: BullMQ's own reading throws, and would hold such a job for ever. */
class JobReader extends Worker {
  protected override createJob(fields: JobJson, id: string): Job {
    try {
      return super.createJob(fields, id);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return Object.assign(super.createJob({ ...fields, data: "null" }, id), { data: new Unreadable(fields.data) });
    }
  }
}

/** What a job has in the place of data. */
class Unreadable {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Opens a queue of BullMQ, without a processor: jobs are fetched, and completed, one by one. */
export async function openBullmqQueue(options: BullmqQueueOptions): Promise<ForeignQueue> {
  const { queue: name, prefix = "bull", lockMs = 30_000, clock } = options;
  const connection = { ...connectionOf(options.url), maxRetriesPerRequest: null };
  const queue = new Queue(name, { connection, prefix });
  const aside = new Queue(`${name}${SET_ASIDE}`, { connection, prefix });
  const worker = new JobReader(name, null, {
    connection,
    prefix,
    autorun: false,
    lockDuration: lockMs,
    stalledInterval: lockMs,
    // A bridge that was killed with a job in hand is no fault of the job.
    maxStalledCount: 1_000_000,
  });
  // They connect again by themselves; what was asked meanwhile rejects on its own.
  for (const part of [queue, aside]) part.on("error", () => {});
  worker.on("error", () => {});
  await Promise.all([queue.waitUntilReady(), aside.waitUntilReady(), worker.waitUntilReady()]);
  await worker.startStalledCheckTimer();

  const holder = clock.randomId(12);
  const held = new Map<string, Held>();
  let fetched = 0;
  let closed = false;
  let renewing: Cancel = () => {};

  function renewLater(): void {
    renewing = clock.after(
      lockMs / 3,
      async () => {
        // A lock that is lost shows when its job is settled.
        await Promise.allSettled([...held.values()].map(({ job, token }) => job.extendLock(token, lockMs)));
        if (!closed) renewLater();
      },
      { background: true },
    );
  }
  renewLater();

  async function fetchOne(): Promise<ForeignMessage | undefined> {
    const token = `${holder}-${++fetched}`;
    const job = await worker.getNextJob(token, { block: false });
    if (!job?.id) return undefined;
    held.set(job.id, { job, token });
    return messageOf(job);
  }

  /** What is settled, or lost to another consumer, is held no more. */
  async function settle(messages: readonly ForeignMessage[], work: (one: Held) => Promise<unknown>): Promise<void> {
    const results = await Promise.allSettled(
      messages.map(async ({ id }) => {
        const one = held.get(id);
        if (!one) return;
        await work(one);
        held.delete(id);
      }),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }

  const acknowledge = (messages: readonly ForeignMessage[]) =>
    settle(messages, ({ job, token }) => {
      // Whatever its producer wished to keep: a queue that is to be given up has to become empty.
      job.opts.removeOnComplete = true;
      return job.moveToCompleted(null, token, false);
    });
  const giveBack = (messages: readonly ForeignMessage[]) => settle(messages, ({ job, token }) => job.moveToWait(token));

  return {
    system: "bullmq",
    name,
    capabilities: { keepsOrderByKey: false, knowsIds: true },
    async receive(most, waitMs) {
      const until = clock.monotonic() + waitMs;
      const messages: ForeignMessage[] = [];
      while (!closed && messages.length < most) {
        const message = await fetchOne();
        if (message) messages.push(message);
        else if (messages.length > 0 || clock.monotonic() >= until) break;
        else await sleep(clock, Math.min(POLL_MS, waitMs));
      }
      return messages;
    },
    acknowledge,
    giveBack,
    async setAside(message, reason) {
      const { id, body, headers, sentAt } = message;
      // Under the same id again after a kill in between: BullMQ keeps the first.
      await aside.add("set-aside", { id, reason, body, headers, sentAt }, { jobId: jobIdOf(id) });
      await acknowledge([message]);
    },
    async send(messages) {
      if (messages.length > 0) await queue.addBulk(messages.map(jobOf));
    },
    async counts() {
      const [{ wait = 0, prioritized = 0, active = 0, delayed = 0, "waiting-children": children = 0 }, kept] =
        await Promise.all([
          queue.getJobCounts("wait", "prioritized", "active", "delayed", "waiting-children"),
          aside.getJobCounts("wait"),
        ]);
      return { waiting: wait + prioritized, held: active, delayed: delayed + children, setAside: kept.wait ?? 0 };
    },
    async close() {
      closed = true;
      renewing();
      await giveBack([...held.values()].map(({ job }) => messageOf(job))).catch(() => {});
      await Promise.all([worker.close(true), queue.close(), aside.close()]);
    },
  };
}

function messageOf(job: Job): ForeignMessage {
  const opts = Object.fromEntries(Object.entries(job.opts).filter(([name]) => !OWN_OPTIONS.includes(name)));
  return {
    id: job.id!,
    body: job.data instanceof Unreadable ? job.data.text : (JSON.stringify(job.data) ?? "null"),
    headers: { name: job.name, opts: JSON.stringify(opts) },
    attempt: job.attemptsStarted || 1,
    sentAt: job.timestamp,
  };
}

function jobOf({ id, body, headers = {} }: OutgoingMessage): { name: string; data: unknown; opts: JobsOptions } {
  const opts = headers.opts === undefined ? {} : (JSON.parse(headers.opts) as JobsOptions);
  return { name: headers.name ?? "event", data: JSON.parse(body), opts: { ...opts, jobId: jobIdOf(id) } };
}

/** BullMQ takes neither colons nor whole numbers for ids. */
function jobIdOf(id: string): string {
  return /^[\w.-]{1,100}$/.test(id) ? `fivefold-${id}` : `fivefold-${hash("sha256", id, "base64url")}`;
}

function connectionOf(address: string) {
  const url = URL.parse(address);
  if (!url || !/^rediss?:$/.test(url.protocol) || !/^\/\d*$|^$/.test(url.pathname)) {
    throw new FivefoldError(
      "invalid-option",
      `The address of Redis is written as redis://[user:password@]host[:port][/database]; found '${address.replace(/\/\/.*@/, "//…@")}'.`,
    );
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1",
    port: Number(url.port || 6379),
    db: Number(url.pathname.slice(1) || 0),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === "rediss:" && { tls: {} }),
  };
}
