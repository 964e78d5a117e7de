import { Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import type { ControlStore, PlacedTask, UseCaseSettings } from "../../runtime/runtime.ts";
import { builtUseCases } from "../project-runtime.ts";
import { onStores, type StoreOptions, type Stores } from "../stores.ts";
import { colorsOf, grouped, say, sayJson } from "../terminal.ts";
import { onControlStore } from "./controls.ts";
import { type Answer, type Known, readKnown, seconds, why, whyOf } from "./why.ts";

/** Why a task has not run for one subscriber, or what became of it. */
type TaskReason = PlacedTask["state"] | "no-worker" | "in-topic" | "dead-letter";

export interface TaskAnswer {
  readonly id: string;
  readonly useCase: string;
  readonly subscriber: string;
  readonly reason: TaskReason;
  /** The same in a sentence. */
  readonly text: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** What keeps all of the subscriber's tasks, where nothing is known of this one alone. */
  readonly because?: Answer["reason"] | undefined;
}

/** As ids are made; a use case of such a name is known by its name. */
const TASK_ID = /^[0-9a-z]{14}-[0-9a-z]+/;
/** How long workers get to say what they hold: they look once a second. */
const ANSWERS_WITHIN_MS = 4_000;
/** Records that are looked at in a topic that nobody consumes. */
const MOST_LOOKED_AT = 20_000;

/** `fivefold why [use-case[/subscriber] | task id]` */
export async function whyAny(name: string | undefined, options: StoreOptions): Promise<void> {
  const useCases = (await builtUseCases(findProject(options.root))).map(({ settings }) => settings);
  const isPlace = name === undefined || useCases.some((one) => name === one.name || name.startsWith(`${one.name}/`));
  // What looks like a use case's name, and is none, is mistyped.
  if (isPlace || !TASK_ID.test(name)) return why(name, options);
  await onStores(options, async (stores) => {
    await onControlStore(stores, async (store) => {
      const known = await readKnown(stores, store);
      const answers = await answersOfTask(stores, name, { useCases, known, store });
      if (answers.length === 0) throw unknownTask(name);
      if (options.json) return sayJson({ ok: true, tasks: answers });
      const { bold, dim, yellow } = colorsOf(process.stdout);
      for (const { useCase, subscriber, text, attempt } of answers) {
        say(`${bold(subscriber === "default" ? useCase : `${useCase}/${subscriber}`)}  ${yellow(text)}`);
        say(dim(`  task ${name}, try ${attempt}`));
      }
    });
  });
}

export interface Where {
  readonly useCases: readonly UseCaseSettings[];
  readonly known: Known;
  readonly store: ControlStore;
}

/** Where a task is, for each subscriber that has it still; empty: nowhere. */
export async function answersOfTask(
  stores: Stores,
  id: string,
  { useCases, known, store }: Where,
): Promise<TaskAnswer[]> {
  const places = useCases.flatMap((useCase) => useCase.subscribers.map(({ name }) => ({ useCase, subscriber: name })));
  const answers: TaskAnswer[] = [];
  const add = (answer: Omit<TaskAnswer, "id">) => {
    const isNew = answers.every((one) => one.useCase !== answer.useCase || one.subscriber !== answer.subscriber);
    if (isNew) answers.push({ id, ...answer });
  };
  for (const task of await held(stores, id, known, store)) {
    const { useCase, subscriber, state, attempt } = task;
    add({ useCase, subscriber, reason: state, text: textOf(task, known.now), attempt });
  }
  for (const { topic, dueAt, record } of await stores.connection.ports.delayStore.find(id)) {
    const { attempt } = record;
    const reason = attempt > 1 ? "retry-later" : "not-due";
    for (const { useCase, subscriber } of places) {
      if (stores.runtime.topicOf(useCase.name, useCase.priority) !== topic) continue;
      if (record.subscription !== "" && record.subscription !== subscriber) continue;
      const text = textOf({ useCase: useCase.name, subscriber, state: reason, attempt, at: dueAt }, known.now);
      add({ useCase: useCase.name, subscriber, reason, text, attempt });
    }
  }
  for (const place of places) {
    const { useCase, subscriber } = place;
    // A task is of one use case.
    if (answers.some((one) => one.useCase !== useCase.name || one.subscriber === subscriber)) continue;
    const [letter] = (await stores.runtime.findDeadLetters(stores.connection.ports, place, { ids: new Set([id]) }, 1))
      .found;
    if (letter) {
      const { attempt, failure } = letter.record;
      const text = `It was given up (${failure.reason}: ${failure.message}). \`fivefold dead-letters redrive ${useCase.name}/${subscriber} --id ${id}\` tries it again.`;
      add({ useCase: useCase.name, subscriber, reason: "dead-letter", text, attempt });
      continue;
    }
    const attempt = await inTopic(stores, place, id);
    if (attempt === undefined) continue;
    const because = await whyOf(stores, place, known);
    const reason = because.reason === "no-worker" || because.reason === "paused" ? because.reason : "in-topic";
    const text =
      reason === "in-topic" ? `It is in its topic, and no worker has taken it yet. ${because.text}` : because.text;
    add({ useCase: useCase.name, subscriber, reason, text, attempt, because: because.reason });
  }
  return answers;
}

/** What workers have of it. */
async function held(
  { runtime, connection }: Stores,
  id: string,
  { reports }: Known,
  store: ControlStore,
): Promise<readonly PlacedTask[]> {
  if (reports.length === 0) return [];
  const { clock } = connection.ports;
  return runtime.askForTask(store, id, { workers: reports.length, withinMs: ANSWERS_WITHIN_MS, clock });
}

/** Its try, where it waits in a topic that nobody consumes. What is looked at goes back as it was. */
async function inTopic(
  { runtime, connection }: Stores,
  { useCase, subscriber }: { readonly useCase: UseCaseSettings; readonly subscriber: string },
  id: string,
): Promise<number | undefined> {
  const { transport } = connection.ports;
  const name = runtime.topicOf(useCase.name, useCase.priority);
  const [topic] = await transport.topics((one) => one === name);
  const stats = topic?.subscriptions.find((one) => one.name === subscriber);
  if (!stats || stats.backlog === 0 || stats.consumers > 0) return undefined;
  const consumer = await transport.subscribe(name, subscriber, runtime.isKeyed(useCase) ? "key-shared" : "shared", {
    fair: useCase.fair,
  });
  try {
    for (let left = Math.min(stats.backlog, MOST_LOOKED_AT); left > 0; ) {
      const messages = await consumer.receive(left);
      const found = messages.find((message) => message.id === id);
      if (found || messages.length === 0) return found?.attempt;
      left -= messages.length;
    }
    return undefined;
  } finally {
    await consumer.close();
  }
}

function textOf(task: PlacedTask, now: number): string {
  const { state, at = now, ahead = 0, key = "", attempt } = task;
  const inTime = `in ${seconds(Math.max(0, at - now))}, at ${new Date(at).toISOString()}`;
  const since = seconds(Math.max(0, now - at));
  switch (state) {
    case "not-due":
      return `It is not due: it starts ${inTime}.`;
    case "retry-later":
      return `A try failed, and try ${attempt} starts ${inTime}.`;
    case "behind-key":
      return `${grouped(ahead)} of its key '${key}' ${ahead === 1 ? "is" : "are"} before it: the first one runs, or waits for another try.`;
    case "fair-share":
      return `Turns are shared, and ${grouped(ahead)} of its tenant ${ahead === 1 ? "is" : "are"} before it.`;
    case "paused":
      return "It is paused: `fivefold status` says by whom, `fivefold resume` lets it go on.";
    case "rate":
      return "Its rate is used up: raise `flowControl.rate`, or `fivefold limit --rate`.";
    case "limit":
      return "As many run in its worker as the limit allows: it starts when one of them ends.";
    case "total":
      return "As many run as may over all processes (`flowControl.maxInFlightTotal`): it starts when one of them ends.";
    case "hosts":
      return "Too few hosts of its target are fit: it waits until they are.";
    case "retry-budget":
      return (
        `Its try ${attempt} waits for the retry budget (\`delivery.retry.budget\`), since other retries fail: it comes up again ${inTime}, ` +
        "without another try counted."
      );
    case "permits":
      return "Other use cases have the permits of its process: more workers help.";
    case "gathering":
      return `It waits for others to fill its batch, for ${since} so far.`;
    case "alone":
      return "It was in flight when a process ended, and waits for a process where nothing else runs.";
    case "awaits-callback":
      return `Its target answered by 202, and it waits for the callback, for ${since} so far.`;
    case "running":
      return `It runs, for ${since} so far.`;
    case "starting":
      return "It is about to start.";
  }
}

function unknownTask(id: string): Fault {
  return new Fault(
    "usage",
    `No worker holds a task '${id}', it does not wait for its time, it was not given up, and it is in no topic that nobody ` +
      "consumes: it is done, or no worker has taken it yet, for which `fivefold why <use case>` says why. A worker tells of " +
      "itself a few seconds after its start.",
  );
}
