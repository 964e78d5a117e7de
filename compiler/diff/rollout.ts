import { isKeyed } from "../../runtime/contract/contract.ts";
import { formatDuration } from "../settings/duration.ts";
import { nameOf } from "../settings/path.ts";
import { type AnySetting, settingText } from "../settings/setting.ts";
import { ALL_SETTINGS } from "../settings/values.ts";
import type { UseCaseState } from "./state.ts";
import type { UseCaseDiff } from "./use-case-diff.ts";

/** The phases of a rollout, in their order: what is new is there before it is used, what is old goes once it is empty. */
const PHASES = ["release", "expand", "readers", "empty", "workers", "senders", "drain", "contract"] as const;

export type Phase = (typeof PHASES)[number];

/** One thing to do before the next. */
export interface RolloutStep {
  readonly phase: Phase;
  readonly useCase: string;
  /** What to do, as an imperative. */
  readonly text: string;
  /** Why, or what to wait for; empty: it needs no saying. */
  readonly reason: string;
}

/** The steps of all use cases, phase by phase. */
export function rolloutOf(useCases: readonly UseCaseDiff[]): RolloutStep[] {
  const steps = useCases.flatMap(stepsOf);
  return PHASES.flatMap((phase) => steps.filter((step) => step.phase === phase));
}

function stepsOf(diff: UseCaseDiff): RolloutStep[] {
  const { old, now } = diff;
  if (now && !old) return stepsOfNew(now);
  if (old && !now) return stepsOfGone(old);
  if (!old || !now) return [];
  // No order helps: the compiler says what to do instead.
  if (diff.contract?.order === "breaking") return [];
  return [
    ...contractSteps(diff, old, now),
    ...topicSteps(old, now),
    ...subscriberSteps(old, now),
    ...settingSteps(old, now),
    ...deploymentSteps(diff, old, now),
  ];
}

function stepsOfNew({ name, topics, event, released }: UseCaseState): RolloutStep[] {
  const of = stepOf(name);
  return [
    ...(released.includes(event.version) ? [] : [of("release", releaseText(name), RELEASE_REASON)]),
    of(
      "expand",
      `Create ${topicText(topics.map(({ name }) => name))}, with their subscriptions.`,
      "An event that is sent before a subscription is there never reaches it.",
    ),
    of("workers", "Deploy its workers.", ""),
    of("senders", "Deploy what sends it.", ""),
  ];
}

function stepsOfGone(state: UseCaseState): RolloutStep[] {
  const of = stepOf(state.name);
  return [
    of("senders", "Deploy what sent it, without sending it.", "Its workers stay until nothing is left for them."),
    of("drain", `Wait until ${emptyText(state, state.topics[0]?.subscriptions ?? [])}.`, ""),
    of("contract", `Stop its workers, then remove ${topicText(state.topics.map(({ name }) => name))}.`, ""),
  ];
}

function contractSteps({ contract }: UseCaseDiff, old: UseCaseState, now: UseCaseState): RolloutStep[] {
  const { name, event, released } = now;
  if (!contract) return [];
  const of = stepOf(name);
  const { order, renames, newProperties } = contract;
  return [
    ...(released.includes(event.version) ? [] : [of("release", releaseText(name), RELEASE_REASON)]),
    ...(order === "readers-first"
      ? [
          of(
            "readers",
            `Deploy what else reads it by its contract, for version ${contract.to}.`,
            "Workers hold what is too new for them; other readers would misread it.",
          ),
        ]
      : []),
    ...(order === "unreleased" || order === "retired"
      ? [
          of(
            "empty",
            `Stop what sends it, and wait until ${emptyText(old, old.topics[0]?.subscriptions ?? [])}.`,
            `Version ${contract.from} ${order === "retired" ? "was retired" : "was never released"}, and its records would be misread.`,
          ),
        ]
      : []),
    ...(renames.length > 0
      ? [
          of(
            "readers",
            "Tell who reads it as JSON of the new names.",
            `${renames.map(renameText).join(", ")}. ${released.includes(contract.from) ? "JSON with the old names is still read, and on" : "On"} the wire nothing changes.`,
          ),
        ]
      : []),
    ...(newProperties.length > 0
      ? [
          of(
            "readers",
            "Deploy what takes it as JSON, such as gateways, before what sends it so.",
            `What does not know ${newProperties.map((name) => `'${name}'`).join(", ")} refuses JSON that has it.`,
          ),
        ]
      : []),
  ];
}

function renameText({ was, is }: { readonly was: string; readonly is: string }): string {
  return `'${was.replace("named ", "")}' is '${is.replace("named ", "")}'`;
}

/** A use case's own topic has its priority in its name. */
function topicSteps(old: UseCaseState, now: UseCaseState): RolloutStep[] {
  const [was, is] = [old.topics[0], now.topics[0]];
  if (!was || !is || was.name === is.name) return [];
  const of = stepOf(now.name);
  const all = old.topics.map(({ name }) => name);
  return [
    of(
      "expand",
      `Create ${topicText(now.topics.map(({ name }) => name))}, with their subscriptions.`,
      "An event that is sent before a subscription is there never reaches it.",
    ),
    of(
      "workers",
      `Deploy its new workers beside the old ones, which go on with '${was.name}'.`,
      `New workers consume '${is.name}' only, and what waits for '${was.name}' would never be handled.`,
    ),
    of("drain", `Wait until ${emptyText(old, was.subscriptions)}.`, ""),
    of("contract", `Stop the old workers, then remove ${topicText(all)}.`, ""),
  ];
}

function subscriberSteps(old: UseCaseState, now: UseCaseState): RolloutStep[] {
  const [was, is] = [old.topics[0], now.topics[0]];
  if (!was || !is || was.name !== is.name) return [];
  const of = stepOf(now.name);
  const deadLetters = (state: UseCaseState, name: string) =>
    state.topics.slice(1).find((topic) => topic.name.endsWith(`-${name}-DLQ`))?.name ?? "";
  const added = is.subscriptions.filter((name) => !was.subscriptions.includes(name));
  const removed = was.subscriptions.filter((name) => !is.subscriptions.includes(name));
  return [
    ...added.map((name) =>
      of(
        "expand",
        `Create the subscription '${name}' of '${is.name}', and '${deadLetters(now, name)}'.`,
        "It gets what is sent from then on, and nothing from before.",
      ),
    ),
    ...removed.flatMap((name) => [
      // Workers that can't run beside new ones have to be done before.
      of(
        isKeyed(old.settings) === isKeyed(now.settings) ? "drain" : "empty",
        `Let a worker of the old version go on with '${name}' until its backlog is what you can do without.`,
        "It gets all that is sent as long as it is there, so it is never empty for long.",
      ),
      of(
        "contract",
        `Remove the subscription '${name}' of '${was.name}', and '${deadLetters(old, name)}' once its dead letters are seen to.`,
        "What is left in it, retries included, is then handled by nobody.",
      ),
    ]),
  ];
}

/** What single settings ask for. */
function settingSteps(old: UseCaseState, now: UseCaseState): RolloutStep[] {
  const of = stepOf(now.name);
  const emptied = emptyText(old, now.topics[0]?.subscriptions ?? []);
  return ALL_SETTINGS.flatMap(([, setting]) => {
    if (!setting.rollout) return [];
    const was = settingText(setting, settingValue(setting, old));
    const is = settingText(setting, settingValue(setting, now));
    const note = was === is ? undefined : setting.rollout({ was, is, emptied });
    return note ? [of(note.phase, note.text, note.reason)] : [];
  });
}

/** Of what holds for a whole use case. */
function settingValue({ place, key }: AnySetting, state: UseCaseState): unknown {
  if (place === "subscriber") return undefined;
  return (state[place] as Readonly<Record<string, unknown>> | undefined)?.[key];
}

/** The ordinary way of a change: workers, then senders. */
function deploymentSteps({ contract }: UseCaseDiff, old: UseCaseState, now: UseCaseState): RolloutStep[] {
  const of = stepOf(now.name);
  const isMoved = old.topics[0]?.name !== now.topics[0]?.name;
  const why =
    contract?.order === "safe"
      ? "Either order is safe; in the other one, new records wait until their workers are there."
      : contract
        ? `Old workers hold records of version ${contract.to} until they are replaced, also while workers are rolled back.`
        : "";
  const enforced = enforcedText(old, now);
  const sends =
    contract ||
    isMoved ||
    enforced !== "" ||
    isKeyed(old.settings) !== isKeyed(now.settings) ||
    JSON.stringify(old.keys) !== JSON.stringify(now.keys);
  return [
    ...(isMoved ? [] : [workersStep(old, now)]),
    ...(sends ? [of("senders", "Deploy what sends it.", `${why} ${enforced}`.trim())] : []),
  ];
}

/** Settings that whoever enqueues obeys, whatever workers have. */
function enforcedText(old: UseCaseState, now: UseCaseState): string {
  const changed = ALL_SETTINGS.filter(
    ([, setting]) => setting.enforcedBy === "senders" && settingValue(setting, old) !== settingValue(setting, now),
  );
  if (changed.length === 0) return "";
  const quoted = changed.map(([path]) => `'${nameOf(path)}'`).join(" and ");
  return `What enqueues enforces ${quoted}: until it is deployed, the former value holds.`;
}

/** One subscription is consumed in order by key or in none, by all alike: the broker turns away who differs. */
function workersStep(old: UseCaseState, now: UseCaseState): RolloutStep {
  const of = stepOf(now.name);
  if (isKeyed(old.settings) === isKeyed(now.settings)) return of("workers", "Deploy its workers.", "");
  const how = isKeyed(now.settings) ? "in order by key" : "in no order";
  const reason = `They consume ${how}, and no subscription is consumed both ways at once.`;
  return of("workers", "Stop all of its workers, then deploy the new ones.", reason);
}

/** What must not be left of what a topic held, wherever it waits. */
function emptyText({ topics, settings }: UseCaseState, subscriptions: readonly string[]): string {
  const [topic] = topics;
  const names = subscriptions.map((name) => `'${name}'`).join(" and ");
  // Neither is in the topic: both are in the delay store until they come back.
  const away = [
    ...(settings.maxDelayMs > 0
      ? [`is delayed (they may be for ${formatDuration(settings.maxDelayMs)} after the last was sent)`]
      : []),
    ...(settings.subscribers.some(({ maxRetries }) => maxRetries > 0) ? ["waits for another try"] : []),
  ].join(" or ");
  const delayed = away === "" ? "" : `, none of its tasks ${away}`;
  return `${names} of '${topic?.name}' ${subscriptions.length > 1 ? "have" : "has"} no backlog${delayed}, and its dead letters are sent again or given up`;
}

function topicText(names: readonly string[]): string {
  const quoted = names.map((name) => `'${name}'`);
  return quoted.length < 2
    ? `the topic ${quoted.join("")}`
    : `the topics ${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}

function releaseText(useCase: string): string {
  return `Run \`fivefold release --use-case ${useCase}\`, and commit contracts.lock.json.`;
}

const RELEASE_REASON = "From then on no change is accepted that its records would not survive.";

function stepOf(useCase: string) {
  return (phase: Phase, text: string, reason: string): RolloutStep => ({ phase, useCase, text, reason });
}
