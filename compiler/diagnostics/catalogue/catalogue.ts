import type { Entry } from "./entry.ts";
import { EVOLUTION } from "./evolution.ts";
import { LOCK } from "./lock.ts";
import { PROJECT } from "./project.ts";
import { SETTINGS } from "./settings.ts";
import { TYPES } from "./types.ts";

/** Everything that the compiler can find fault with. Each code has a folder below test/scenarios that shows it. */
export const CATALOGUE = { ...PROJECT, ...TYPES, ...SETTINGS, ...LOCK, ...EVOLUTION };

export type Code = keyof typeof CATALOGUE;

/** What the texts of a code are made of. */
export type Parameters<C extends Code> = (typeof CATALOGUE)[C] extends Entry<infer P> ? P : never;
