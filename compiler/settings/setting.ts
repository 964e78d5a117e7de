import { type KindOf, valueText } from "./kind.ts";
import type { SettingPath } from "./path.ts";

/** Marks a name in a text, as where the text is shown does. */
export type Mark = (name: string) => string;

/**
 * Where `manifest.json` has a setting's value; `subscriber` and `settings` are what the runtime is told too. `files`: nowhere,
 * since files follow from it alone.
 */
export type Place = "keys" | "settings" | "subscriber" | "execution" | "files";

/**
 * All that is known of a setting besides its sentence, which stands where it is declared to use cases, and the code that
 * obeys it. T: its values where it is set; N: `null` where it may be not set at all.
 */
export interface Setting<
  T,
  N extends null,
  Key extends string,
  P extends Place,
  Each extends "use case" | "subscriber",
> {
  readonly kind: KindOf<T>;
  /** What holds where a use case says nothing. */
  readonly default: NoInfer<T> | N;
  /** What the default comes to in words, where it is null or 0. */
  readonly none?: string;
  /** What its value is called in the model, in the manifest and by the runtime. */
  readonly key: Key;
  readonly place: P;
  /** Whether each subscriber may have its own value. */
  readonly each: Each;
  /** A setting of the use case without which it does nothing. */
  readonly needs?: SettingPath;
  /** What it is called where a change is told. */
  readonly name: string;
  readonly concerns: "capacity" | "behaviour";
  /** What a value does, for the use case's page; empty: nothing worth a word. Absent: it has a column. */
  readonly does?: (value: NoInfer<T | N>, mark: Mark) => string;
  /** The same for a list of many use cases, of values that are not the default. */
  readonly summary?: (value: NoInfer<T>, mark: Mark) => string;
  /** The column of the page's table of subscribers. */
  readonly column?: { readonly title: string; readonly cell: (value: NoInfer<T | N>) => string };
  /** What follows from a change for those concerned, in half a sentence; empty: nothing. */
  readonly effect?: (was: NoInfer<T | N>, is: NoInfer<T | N>) => string;
  /** Whoever enqueues enforces it: a change holds once senders are deployed. Absent: workers do. */
  readonly enforcedBy?: "senders";
  /** What a change asks for besides a deployment. */
  readonly rollout?: (change: SettingChange) => RolloutNote | undefined;
}

/** A change in words. */
export interface SettingChange {
  readonly was: string;
  readonly is: string;
  /** Says when nothing is left of what was enqueued before. */
  readonly emptied: string;
}

export interface RolloutNote {
  readonly phase: "drain" | "senders";
  readonly text: string;
  readonly reason: string;
}

/** Any setting, for code that treats all alike. */
// biome-ignore lint/suspicious/noExplicitAny: its functions take values of that setting alone.
export type AnySetting = Setting<any, null, string, Place, "use case" | "subscriber">;

/** A value in words. */
export function settingText({ kind, none, default: unset }: AnySetting, value: unknown): string {
  return none !== undefined && value === unset ? none : valueText(kind, value);
}
