import { stripTypeScriptTypes } from "node:module";
import { emitCodec } from "../../../compiler/emit/codec/codec.ts";
import { emitValidate } from "../../../compiler/emit/validate/validate.ts";
import type { UseCase } from "../../../compiler/model/model.ts";
import * as wire from "../../../runtime/codec/wire.ts";
import type { Violation } from "../../../runtime/contract/errors.ts";

/** What generated code exports, for events whose types are not known here. */
export interface Emitted {
  readonly encode: (event: unknown) => Uint8Array;
  readonly decode: (payload: Uint8Array, version?: number) => unknown;
  readonly validate: (value: unknown) => readonly Violation[] | undefined;
}

/** Emits a use case's codec and validator and runs them, without files: there are hundreds of them in a test. */
export function load(useCase: UseCase): Emitted {
  return { ...evaluate(emitCodec(useCase).text), ...evaluate(emitValidate(useCase).text) } as Emitted;
}

function evaluate(text: string): object {
  const body = stripTypeScriptTypes(text)
    .replace(/^import\b[^;]*;$/gm, "")
    .replace(/^export function (\w+)/gm, "exports.$1 = $1; function $1");
  const exports = {};
  new Function("exports", ...Object.keys(wire), `"use strict";${body}`)(exports, ...Object.values(wire));
  return exports;
}
