import { formatDuration } from "../model/duration.ts";
import { added, type Change, changed, removed } from "./change.ts";
import type { Execution, SubscriberSettings, UseCaseState } from "./state.ts";

/** What is not as it was besides the contract, by what it concerns. */
export interface SettingsDiff {
  readonly subscribers: readonly Change[];
  readonly topics: readonly Change[];
  readonly permissions: readonly Change[];
  readonly capacity: readonly Change[];
  /** All else that is set: keys, delays, retries, the owner. */
  readonly behaviour: readonly Change[];
}

export function diffSettings(old: UseCaseState | undefined, now: UseCaseState | undefined): SettingsDiff {
  const [before, after] = [old?.settings.subscribers ?? [], now?.settings.subscribers ?? []];
  const both = after.flatMap((is) => {
    const was = before.find(({ name }) => name === is.name);
    return was ? [{ was, is }] : [];
  });
  const isAlone = before.length === 1 && after.length === 1;
  const of = ({ name }: SubscriberSettings, what: string) => (isAlone ? what : `${name}: ${what}`);
  return {
    subscribers: diffNames("", before, after, "gets the events that are sent once its subscription is there"),
    topics: diffTopics(old, now),
    permissions: diffNames("", grants(old), grants(now), ""),
    capacity: [
      ...diffExecution(old?.execution, now?.execution),
      ...both.flatMap(({ was, is }) => [
        ...changed(of(is, "in flight per worker"), String(was.maxInFlight), String(is.maxInFlight)),
        ...changed(of(is, "rate per worker"), rateText(was), rateText(is)),
        ...changed(of(is, "timeout"), formatDuration(was.timeoutMs), formatDuration(is.timeoutMs)),
      ]),
    ],
    behaviour: [
      ...(old && now ? diffBehaviour(old, now) : []),
      ...both.flatMap(({ was, is }) => [
        ...changed(of(is, "retries"), String(was.maxRetries), String(is.maxRetries)),
        ...changed(of(is, "backoff"), backoffText(was), backoffText(is)),
        ...changed(of(is, "deadline"), deadlineText(was), deadlineText(is)),
        ...changed(
          of(is, "filter"),
          was.hasFilter ? "some events" : "all events",
          is.hasFilter ? "some events" : "all events",
        ),
      ]),
    ],
  };
}

function diffExecution(was: Execution | undefined, is: Execution | undefined): Change[] {
  if (!was || !is) return [];
  return [
    ...changed("fewest processes", processesText(was.minProcesses), processesText(is.minProcesses)),
    ...changed("most processes", processesText(was.maxProcesses), processesText(is.maxProcesses)),
    ...changed(
      "latency objective",
      deadlineText({ deadlineMs: was.latencyObjectiveMs }),
      deadlineText({ deadlineMs: is.latencyObjectiveMs }),
    ),
  ];
}

function processesText(count: number | null): string {
  return count === null ? "as the stack's config says" : String(count);
}

interface Named {
  readonly name: string;
}

function diffNames(what: string, was: readonly Named[], is: readonly Named[], effect: string): Change[] {
  const [old, now] = [was, is].map((all) => new Set(all.map(({ name }) => name)));
  return [
    ...is
      .filter(({ name }) => !old!.has(name))
      .map(({ name }) => added(`${what}${name}`, "", was.length > 0 ? effect : "")),
    ...was.filter(({ name }) => !now!.has(name)).map(({ name }) => removed(`${what}${name}`, "")),
  ];
}

function diffTopics(old: UseCaseState | undefined, now: UseCaseState | undefined): Change[] {
  const [before, after] = [old?.topics ?? [], now?.topics ?? []];
  return [
    ...diffNames("", before, after, ""),
    ...after.flatMap(({ name, ordered }) => {
      const was = before.find((topic) => topic.name === name);
      return was ? changed(name, orderText(was.ordered), orderText(ordered)) : [];
    }),
  ];
}

function orderText(ordered: boolean): string {
  return ordered ? "in order by key" : "in no order";
}

/** Who may do what: a role a use case, as an operator would grant it. */
function grants(state: UseCaseState | undefined): Named[] {
  const [topic, ...deadLetters] = state?.topics ?? [];
  if (!topic) return [];
  return [
    `senders: publish to ${topic.name}`,
    `workers: publish to ${topic.name}`,
    ...topic.subscriptions.map((subscription) => `workers: consume ${topic.name} as ${subscription}`),
    ...deadLetters.map(({ name }) => `workers: publish to ${name}`),
    ...deadLetters.flatMap(({ name, subscriptions }) =>
      subscriptions.map((one) => `operators: consume ${name} as ${one}`),
    ),
  ].map((name) => ({ name }));
}

function diffBehaviour(old: UseCaseState, now: UseCaseState): Change[] {
  const [was, is] = [old.settings, now.settings];
  return [
    ...changed("owner", old.owner, now.owner),
    ...changed("priority", was.priority, is.priority),
    ...changed("ordered by", keyText(old, "orderBy"), keyText(now, "orderBy")),
    ...changed("deduplicated by", keyText(old, "dedupeBy"), keyText(now, "dedupeBy")),
    ...changed("shared out by", keyText(old, "fairBy"), keyText(now, "fairBy")),
    ...(was.dedupeForMs > 0 && is.dedupeForMs > 0
      ? changed("remembered for", formatDuration(was.dedupeForMs), formatDuration(is.dedupeForMs))
      : []),
    ...changed("longest delay", formatDuration(was.maxDelayMs), formatDuration(is.maxDelayMs)),
    ...changed(
      "largest event",
      `${was.maxPayloadBytes} bytes`,
      `${is.maxPayloadBytes} bytes`,
      is.maxPayloadBytes < was.maxPayloadBytes
        ? "larger events that wait are still handled; enqueues of them are refused: send a reference to what is large"
        : "",
    ),
  ];
}

export function keyText({ keys, settings }: UseCaseState, key: "orderBy" | "dedupeBy" | "fairBy"): string {
  if (keys) return keys[key] ?? "nothing";
  const has = { orderBy: settings.ordered, dedupeBy: settings.dedupeForMs > 0, fairBy: settings.fair };
  return has[key] ? "a field" : "nothing";
}

function rateText({ rate }: SubscriberSettings): string {
  return rate ? `${rate.count} every ${formatDuration(rate.periodMs)}` : "no bound";
}

function backoffText({ backoff }: SubscriberSettings): string {
  return `${formatDuration(backoff.minMs)} to ${formatDuration(backoff.maxMs)}`;
}

function deadlineText({ deadlineMs }: Pick<SubscriberSettings, "deadlineMs">): string {
  return deadlineMs === 0 ? "none" : formatDuration(deadlineMs);
}
