import { type AnySetting, settingText } from "../settings/setting.ts";
import { ALL_SETTINGS } from "../settings/values.ts";
import { added, type Change, changed, removed } from "./change.ts";
import type { UseCaseState } from "./state.ts";

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
  return {
    subscribers: diffNames("", before, after, "gets the events that are sent once its subscription is there"),
    topics: diffTopics(old, now),
    permissions: diffNames("", grants(old), grants(now), ""),
    capacity: old && now ? diffValues("capacity", old, now) : [],
    behaviour: old && now ? [...changed("owner", old.owner, now.owner), ...diffValues("behaviour", old, now)] : [],
  };
}

function diffValues(concerns: "capacity" | "behaviour", old: UseCaseState, now: UseCaseState): Change[] {
  const isAlone = old.settings.subscribers.length === 1 && now.settings.subscribers.length === 1;
  return ALL_SETTINGS.filter(([, setting]) => setting.concerns === concerns).flatMap(([, setting]) => {
    if (setting.place !== "subscriber") return diffValue(setting, setting.name, old[setting.place], now[setting.place]);
    return now.settings.subscribers.flatMap((is) => {
      const was = old.settings.subscribers.find(({ name }) => name === is.name);
      return diffValue(setting, isAlone ? setting.name : `${is.name}: ${setting.name}`, was, is);
    });
  });
}

/** `was` and `is`: what holds the setting's value, as far as the manifest tells. */
function diffValue(setting: AnySetting, name: string, was: object | undefined, is: object | undefined): Change[] {
  const [old, now] = [was, is].map(
    (values) => (values as Readonly<Record<string, unknown>> | undefined)?.[setting.key],
  );
  if (old === undefined || now === undefined || isIdle(setting, old) || isIdle(setting, now)) return [];
  return changed(name, settingText(setting, old), settingText(setting, now), setting.effect?.(old, now) ?? "");
}

/** Whether it does nothing, since another setting is not set. */
function isIdle({ needs }: AnySetting, value: unknown): boolean {
  return needs !== undefined && value === 0;
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
