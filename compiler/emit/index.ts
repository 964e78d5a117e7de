import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { remembered } from "../model/remembered.ts";
import { emitAvro } from "./avro/avro.ts";
import { emitCodec } from "./codec/codec.ts";
import { emitJson } from "./json/json.ts";
import { emitJsonSchema } from "./json-schema/json-schema.ts";
import { emitOpenApi } from "./json-schema/openapi.ts";
import { emitManifest } from "./manifest.ts";
import { emitChanges } from "./modules/changes.ts";
import { emitClient } from "./modules/client.ts";
import { emitEvent } from "./modules/event.ts";
import { emitExecutor } from "./modules/executor.ts";
import { emitReceiver } from "./modules/receiver.ts";
import { emitSettings } from "./modules/settings.ts";
import { emitCatalogue } from "./pages/catalogue.ts";
import { emitCodeOwners } from "./pages/codeowners.ts";
import { emitReadme } from "./pages/readme.ts";
import { emitProto } from "./proto/proto.ts";
import { emitPythonClient } from "./python/client.ts";
import { emitShapes } from "./shapes.ts";
import { emitValidate } from "./validate/validate.ts";

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
