/** Below a project's root. */
export const CONFIG_FILE = "fivefold.config.ts";

export interface EmitterThreadData {
  readonly root: string;
}

/** Which files the configuration follows from: absolute paths, with their states as they were loaded. */
type Loaded = readonly (readonly [path: string, stamp: string])[];

/** What the thread of a project's own emitters answers to use cases in JSON. What users' code returned is not trusted. */
export type EmitterAnswer =
  | {
      readonly kind: "emitted";
      readonly files: readonly { readonly emitter: string; readonly files: unknown }[];
      readonly loaded: Loaded;
    }
  | { readonly kind: "bad-config"; readonly reason: string; readonly loaded: Loaded }
  | { readonly kind: "failed"; readonly emitter: string; readonly reason: string; readonly loaded: Loaded };
