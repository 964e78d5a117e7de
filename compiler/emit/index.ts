import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { remembered } from "../model/remembered.ts";
import { emitAvro } from "./avro.ts";
import { emitCatalogue } from "./catalogue.ts";
import { emitChanges } from "./changes.ts";
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
import { emitPythonClient } from "./python/client.ts";
import { emitReadme } from "./readme.ts";
import { emitReceiver } from "./receiver.ts";
import { emitSettings } from "./settings.ts";
import { emitShapes } from "./shapes.ts";
import { emitValidate } from "./validate.ts";

/** What is written for one use case; each emitter writes one file, or none. */
const OWN: readonly ((useCase: UseCase) => Output | undefined)[] = [
  emitEvent,
  emitSettings,
  emitValidate,
  emitCodec,
  emitJson,
  emitClient,
  emitExecutor,
  emitReceiver,
  emitChanges,
  emitReadme,
  emitProto,
  emitPythonClient,
];

/** What is written for one use case, too, in the forms of JSON. */
const IN_JSON: readonly ((useCase: UseCase) => Output)[] = [emitJsonSchema, emitAvro];

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
  const sorted = byName(useCases);
  const files = [...sorted.flatMap(ownBefore), ...sorted.flatMap(inJsonBefore), ...emitShared(sorted)];
  const isContract = ({ path }: Output) => path.startsWith("generated/contracts/");
  // Nearly in order, which is sorted in a fifth of the time.
  return [...files.filter((file) => !isContract(file)), ...files.filter(isContract)].sort(byPath);
}

/** Most of one use case's files. */
export function emitOwn(useCase: UseCase): Output[] {
  return OWN.flatMap((emitter) => emitter(useCase) ?? []).sort(byPath);
}

/** The other files of one use case: about a third of the work. */
export function emitInJson(useCase: UseCase): Output[] {
  return IN_JSON.map((emitter) => emitter(useCase));
}

const ownBefore = remembered(emitOwn);
const inJsonBefore = remembered(emitInJson);

/** The files that all of them share. */
export function emitShared(useCases: readonly UseCase[]): Output[] {
  const sorted = byName(useCases);
  return FOR_ALL.map((emitter) => emitter(sorted));
}

function byPath(a: Output, b: Output): number {
  return a.path < b.path ? -1 : 1;
}

function byName(useCases: readonly UseCase[]): UseCase[] {
  return useCases.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
