import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { scheduleText } from "../../compiler/settings/kind.ts";
import { Fault } from "../../loader/fault.ts";
import type { ControlStore, EnqueueOptions } from "../../runtime/runtime.ts";
import { writeDown } from "../commands/audit-log.ts";
import { readLimits, setPaused } from "../commands/controls.ts";
import { filterOf } from "../commands/dead-letter-options.ts";
import { reportOfLetter, reportOfList } from "../commands/dead-letter-output.ts";
import { takeLetters } from "../commands/dead-letters.ts";
import { decoderOf } from "../commands/decode-letter.ts";
import { nextOfSchedules } from "../commands/schedules.ts";
import { readKnown } from "../commands/why.ts";
import { answersOfTask } from "../commands/why-task.ts";
import { placesOf } from "../places.ts";
import { projectClient } from "../project-client.ts";
import { builtUseCases } from "../project-runtime.ts";
import type { Stores } from "../stores.ts";
import type { Person } from "./access.ts";
import { createSampler, describeProject } from "./sampler.ts";

/** What is wrong with a request, as HTTP says it. */
export class RequestFault extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the pages ask and do. */
export interface ConsoleApi {
  read(name: string, query: URLSearchParams, person: Person): Promise<object>;
  act(name: string, body: unknown, person: Person): Promise<object>;
  /** Tells snapshots, as JSON, until the returned function is called. */
  watch(person: Person, tell: (text: string) => void): () => void;
}

const MOST_LETTERS = 200;
const TICKS = 3;
const AUDIT_LINES = 200;
/** Enough for as many lines of that file as are shown, however long it is. */
const AUDIT_BYTES = 256 * 1024;

const place = z.string().min(1).max(500);
const letters = {
  place,
  id: z.string().optional(),
  signature: z.string().optional(),
  key: z.string().optional(),
  tenant: z.string().optional(),
  where: z.string().optional(),
};
const BODIES = {
  enqueue: z.strictObject({
    useCase: z.string(),
    event: z.unknown(),
    delay: z.string().optional(),
    at: z.string().optional(),
  }),
  pause: z.strictObject({ place, why: z.string().max(500).optional() }),
  limit: z.strictObject({
    place,
    maxInFlight: z.string().optional(),
    maxInFlightTotal: z.string().optional(),
    rate: z.string().optional(),
    clear: z.boolean().optional(),
    why: z.string().max(500).optional(),
  }),
  letters: z.strictObject({ ...letters, dryRun: z.boolean() }),
  cancel: z.strictObject({ useCase: z.string(), id: z.string() }),
  reschedule: z.strictObject({ useCase: z.string(), id: z.string(), at: z.iso.datetime({ offset: true }) }),
};

function read<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const { success, data, error } = schema.safeParse(body);
  if (!success) throw new RequestFault(400, z.prettifyError(error));
  return data;
}

/** As the command line would have them. */
const letterOptions = ({
  signature,
  key,
  tenant,
  id,
  where,
}: Partial<Record<"signature" | "key" | "tenant" | "id" | "where", string | undefined>>) => ({
  ...(signature && { signature }),
  ...(key && { key }),
  ...(tenant && { tenant }),
  ...(id && { id: [id] }),
  ...(where && { where: [where] }),
});

/**
 * Answers by the code of the commands: `fivefold why`, `status`, `dead-letters`, `enqueue` and the others. Every action is written
 * down in the file `auditLog`.
 */
export function createConsoleApi(stores: Stores, store: ControlStore, auditLog: string): ConsoleApi {
  const { root, runtime, connection } = stores;
  const sampler = createSampler(stores, store);

  async function deadLetters(query: URLSearchParams) {
    const given = read(z.object({ ...letters, place: place.optional() }), Object.fromEntries(query));
    const lists = [];
    for (const one of await placesOf(root, given.place)) {
      const filter = await filterOf(root, one, letterOptions(given));
      lists.push(reportOfList({ place: one, ...(await runtime.groupDeadLetters(connection.ports, one, filter)) }));
    }
    return { lists };
  }

  async function showLetters(query: URLSearchParams) {
    const given = read(z.object({ ...letters, limit: z.coerce.number().int().min(1).max(MOST_LETTERS) }), {
      limit: "50",
      ...Object.fromEntries(query),
    });
    const found: object[] = [];
    for (const one of await placesOf(root, given.place)) {
      const filter = await filterOf(root, one, letterOptions(given));
      const { found: some } = await runtime.findDeadLetters(connection.ports, one, filter, given.limit - found.length);
      const decode = await decoderOf(root, one);
      found.push(...some.map((letter) => reportOfLetter(letter, one, decode)));
      if (found.length >= given.limit) break;
    }
    return { letters: found };
  }

  async function task(query: URLSearchParams) {
    const id = query.get("id") ?? "";
    const useCases = (await builtUseCases(root)).map(({ settings }) => settings);
    const known = await readKnown(stores, store);
    return { id, answers: await answersOfTask(stores, id, { useCases, known, store }) };
  }

  async function schedules() {
    return {
      schedules: nextOfSchedules(await builtUseCases(root), TICKS).map(({ useCase, schedule, next }) => ({
        ...{ useCase, name: schedule.name, text: scheduleText(schedule) },
        next: next.map((at) => new Date(at).toISOString()),
      })),
    };
  }

  async function form(query: URLSearchParams) {
    const name = query.get("useCase") ?? "";
    await placesOf(root, name);
    const { event } = (await builtUseCases(root, [name]))[0]!;
    return { schema: JSON.parse(await readFile(join(root, event.jsonSchema), "utf8")) };
  }

  async function audit() {
    const lines = (await readEnd(auditLog, AUDIT_BYTES)).split("\n").slice(-AUDIT_LINES).reverse();
    return { entries: lines.flatMap((line) => entryOf(line) ?? []) };
  }

  const READS: Readonly<Record<string, (query: URLSearchParams, person: Person) => Promise<object>>> = {
    project: async (_, person) => ({ person, root, useCases: await describeProject(stores) }),
    now: async () => sampler.now(),
    "dead-letters": deadLetters,
    letters: showLetters,
    task,
    schedules,
    form,
    audit,
  };

  async function controlled(
    action: string,
    name: string,
    person: Person,
    change: (who: { by: string; at: number }) => Promise<unknown>,
    details: object = {},
  ) {
    await placesOf(root, name);
    written({ action, place: name, ...details }, person);
    await change({ by: person.name, at: Date.now() });
    sampler.refresh();
    return { ok: true };
  }

  /** Throws where it can't be written down: then nothing is done. */
  function written(entry: object, person: Person): void {
    writeDown(auditLog, [entry], person.name);
  }

  const ACTIONS: Readonly<Record<string, (body: unknown, person: Person) => Promise<object>>> = {
    async enqueue(body, person) {
      const { useCase, event, delay, at } = read(BODIES.enqueue, body);
      await placesOf(root, useCase);
      const options = { ...(delay && { delay }), ...(at && { at: new Date(at) }) } as EnqueueOptions;
      written({ action: "enqueue", useCase }, person);
      const receipt = await (await projectClient(root, useCase)).enqueueJson(event, options);
      sampler.refresh();
      return { ok: true, receipt };
    },
    async pause(body, person) {
      const { place: name, why } = read(BODIES.pause, body);
      const change = (who: { by: string; at: number }) =>
        setPaused("pause", name, { store, runtime, who: { ...who, why } });
      return controlled("pause", name, person, change, { why });
    },
    async resume(body, person) {
      const { place: name, why } = read(BODIES.pause, body);
      const change = (who: { by: string; at: number }) =>
        setPaused("resume", name, { store, runtime, who: { ...who, why } });
      return controlled("resume", name, person, change, { why });
    },
    async limit(body, person) {
      const { place: name, why, ...options } = read(BODIES.limit, body);
      const limits = readLimits(options as Parameters<typeof readLimits>[0]);
      const [useCase = "", subscriber = ""] = name.split("/");
      const change = (who: { by: string; at: number }) =>
        runtime.changeOverride(store, { useCase, subscriber }, limits, { ...who, why });
      return controlled("limit", name, person, change, { ...options, why });
    },
    redrive: (body, person) => take("redrive", body, person),
    discard: (body, person) => take("discard", body, person),
    async cancel(body, person) {
      const { useCase, id } = read(BODIES.cancel, body);
      await placesOf(root, useCase);
      written({ action: "cancel", useCase, id }, person);
      return { ok: true, answer: await (await projectClient(root, useCase)).cancel(id) };
    },
    async reschedule(body, person) {
      const { useCase, id, at } = read(BODIES.reschedule, body);
      await placesOf(root, useCase);
      written({ action: "reschedule", useCase, id, dueAt: at }, person);
      return { ok: true, answer: await (await projectClient(root, useCase)).reschedule(id, { at: new Date(at) }) };
    },
  };

  async function take(action: "redrive" | "discard", body: unknown, person: Person) {
    const { dryRun, ...given } = read(BODIES.letters, body);
    // Whoever discards here has seen the count of a dry run.
    const options = { ...letterOptions(given), dryRun, all: true, audit: auditLog };
    const done = await takeLetters(stores, action, given.place, options, person.name);
    const sum = (name: "count" | "unreachable") => done.reduce((all, one) => all + one[name], 0);
    if (!dryRun) sampler.refresh();
    return { ok: true, dryRun, count: sum("count"), unreachable: sum("unreachable") };
  }

  async function explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { name, message } = error as Error;
      const isTheirs = error instanceof Fault || name === "InvalidEventError" || name === "FivefoldError";
      throw isTheirs ? new RequestFault(422, message) : error;
    }
  }

  return {
    async read(name, query, person) {
      const answer = Object.hasOwn(READS, name) && READS[name];
      if (!answer) throw new RequestFault(404, `There is no '${name}'.`);
      return explained(() => answer(query, person));
    },
    async act(name, body, person) {
      const action = Object.hasOwn(ACTIONS, name) && ACTIONS[name];
      if (!action) throw new RequestFault(404, `There is no '${name}'.`);
      if (person.role !== "operator") throw new RequestFault(403, `${person.name} may look, and change nothing.`);
      return explained(() => action(body, person));
    },
    watch: (_, tell) => sampler.watch((snapshot) => tell(JSON.stringify(snapshot))),
  };
}

/** The end of a text file, which need not exist. */
async function readEnd(path: string, bytes: number): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (!file) return "";
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A line of the audit log; `undefined` for one that is cut, or that somebody else wrote. */
function entryOf(line: string): object | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null ? entry : undefined;
  } catch {
    return undefined;
  }
}
