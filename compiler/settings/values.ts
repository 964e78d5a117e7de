import type {
  SubscriberSettings as RuntimeSubscriberSettings,
  UseCaseSettings as RuntimeUseCaseSettings,
} from "../../runtime/contract/contract.ts";
import type { KindOf } from "./kind.ts";
import { type Layer, layerOf, type SettingPath } from "./path.ts";
import type { AnySetting, Place } from "./setting.ts";
import { SETTINGS } from "./settings.ts";

type Settings = typeof SETTINGS;

/** All settings with their paths, in the manifest's order. */
export const ALL_SETTINGS = Object.entries(SETTINGS) as readonly (readonly [SettingPath, AnySetting])[];

type Value<S> = S extends { kind: KindOf<infer T>; default: infer D } ? T | (null extends D ? null : never) : never;

/** The values of those settings of a layer that hold for a whole use case, by their keys. */
export type LayerValues<L extends Layer> = {
  readonly [P in SettingPath as Settings[P] extends { each: "use case" }
    ? P extends `${L}.${string}`
      ? Settings[P]["key"]
      : never
    : never]: Value<Settings[P]>;
};

/** The values of those settings that each subscriber may have its own of, by their keys. */
export type SubscriberValues = {
  readonly [P in SettingPath as Settings[P] extends { each: "subscriber" } ? Settings[P]["key"] : never]: Value<
    Settings[P]
  >;
};

/** What one place of the manifest holds, by its keys. */
export type PlaceValues<Where extends Place> = {
  readonly [P in SettingPath as Settings[P] extends { place: Where } ? Settings[P]["key"] : never]: Value<Settings[P]>;
};

/** A use case as far as its settings go. */
export type SettingValues = { readonly [L in Layer as L extends "delivery" ? never : L]: LayerValues<L> };

/** What one place of the manifest holds of a use case, or of one of its subscribers. */
export function placeValues<Where extends Place>(
  where: Where,
  values: SettingValues,
  subscriber?: SubscriberValues,
): PlaceValues<Where> {
  return Object.fromEntries(
    ALL_SETTINGS.filter(([, { place }]) => place === where).map(([path, setting]) => [
      setting.key,
      settingValue(path, setting, values, subscriber),
    ]),
  ) as PlaceValues<Where>;
}

/** 0 where the setting without which it does nothing is not set. */
function settingValue(
  path: SettingPath,
  { key, each, needs }: AnySetting,
  values: SettingValues,
  subscriber: SubscriberValues | undefined,
): unknown {
  if (needs !== undefined && useCaseValue(needs, values) === null) return 0;
  return each === "subscriber" ? subscriber?.[key as keyof SubscriberValues] : useCaseValue(path, values);
}

/** What a use case has at a setting's path that holds for all of its subscribers. */
export function useCaseValue(path: SettingPath, values: SettingValues): unknown {
  return (values as Loose)[layerOf(path)]?.[SETTINGS[path].key];
}

type Loose = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/* What follows fails to compile where the runtime has not the values that it is told, or is not told one. */

type Same<A, B> = [A] extends [B]
  ? [B] extends [A]
    ? true
    : { differ: Exclude<A, B> | Exclude<B, A> }
  : { differ: Exclude<A, B> };

/** runtime/contract/contract.ts has these values. */
true satisfies Same<keyof PlaceValues<"subscriber"> | "name", keyof RuntimeSubscriberSettings>;
true satisfies Same<
  keyof PlaceValues<"settings"> | "name" | "owner" | "version" | "ordered" | "fair" | "subscribers",
  keyof RuntimeUseCaseSettings
>;
