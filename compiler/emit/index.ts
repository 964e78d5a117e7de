import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { emitAvro } from "./avro.ts";
import { emitCatalogue } from "./catalogue.ts";
import { emitClient } from "./client.ts";
import { emitCodec } from "./codec.ts";
import { emitCodeOwners } from "./codeowners.ts";
import { emitEvent } from "./event.ts";
import { emitExecutor } from "./executor.ts";
import { emitJson } from "./json.ts";
import { emitJsonSchema } from "./json-schema.ts";
import { emitManifest } from "./manifest.ts";
import { emitOpenApi } from "./openapi.ts";
import { emitProto } from "./proto.ts";
import { emitReadme } from "./readme.ts";
import { emitSettings } from "./settings.ts";
import { emitShapes } from "./shapes.ts";
import { emitValidate } from "./validate.ts";

/** What is written for one use case; each emitter writes one file. */
const PER_USE_CASE: readonly ((useCase: UseCase) => Output)[] = [
  emitEvent,
  emitSettings,
  emitValidate,
  emitCodec,
  emitJson,
  emitClient,
  emitExecutor,
  emitProto,
  emitJsonSchema,
  emitAvro,
  emitReadme,
];

/** What is written for all of them together. */
const FOR_ALL: readonly ((useCases: readonly UseCase[]) => Output)[] = [
  emitManifest,
  emitShapes,
  emitOpenApi,
  emitCatalogue,
  emitCodeOwners,
];

/** All files of `generated/`, by path: a function of the use cases alone, whatever their order. Numbers are filled in. */
export function emit(useCases: readonly UseCase[]): Output[] {
  const sorted = useCases.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [...sorted.flatMap(emitOne), ...FOR_ALL.map((emitter) => emitter(sorted))].sort((a, b) =>
    a.path < b.path ? -1 : 1,
  );
}

/** The outputs of use cases that are emitted again and again, as a watching compiler does. */
const emitted = new WeakMap<UseCase, readonly Output[]>();

/** The files of one use case: what `emit` need not do again for it. */
export function emitOne(useCase: UseCase): readonly Output[] {
  const outputs = emitted.get(useCase) ?? PER_USE_CASE.map((emitter) => emitter(useCase));
  emitted.set(useCase, outputs);
  return outputs;
}
