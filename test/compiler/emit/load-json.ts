import { stripTypeScriptTypes } from "node:module";
import { emitJson } from "../../../compiler/emit/json/json.ts";
import type { Event, UseCase } from "../../../compiler/model/model.ts";
import * as json from "../../../runtime/codec/json.ts";
import { load } from "./load.ts";

/** Emits a use case's JSON transcoder and runs it, without files. */
export function loadJson(useCase: UseCase, { validate } = load(useCase)): json.JsonEvent<unknown> {
  const body = stripTypeScriptTypes(emitJson(useCase).text)
    .replace(/^import\b[^;]*;$/gm, "")
    .replace(/^export const \{ fromJson, toJson \} =/m, "return");
  return new Function("json", "validate", `"use strict";${body}`)(json, validate) as json.JsonEvent<unknown>;
}

/**
 * Whether JSON keeps all of an event's values apart. It does not where a tuple's element may be absent or null, and others
 * follow: in its place is null either way.
 */
export function isKeptInJson({ messages }: Event): boolean {
  return messages.every(({ tuple, fields }) => {
    const followed = tuple ? fields.slice(0, -1) : [];
    return followed.every(({ optional, type }) => !optional || !["json", "null", "nullable"].includes(type.kind));
  });
}
