import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { remembered } from "../model/remembered.ts";
import { emitAvro } from "./avro.ts";
import { catalogueRow, emitCatalogue } from "./catalogue.ts";
import { emitClient } from "./client.ts";
import { emitCodec } from "./codec.ts";
import { emitCodeOwners, ownerLines } from "./codeowners.ts";
import { emitEvent } from "./event.ts";
import { emitExecutor } from "./executor.ts";
import { emitJson } from "./json.ts";
import { emitJsonSchema } from "./json-schema.ts";
import { emitManifest, manifestEntry } from "./manifest.ts";
import { emitOpenApi, openApiParts } from "./openapi.ts";
import { emitProto } from "./proto.ts";
import { emitReadme } from "./readme.ts";
import { emitSettings } from "./settings.ts";
import { emitShapes, shapeText } from "./shapes.ts";
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

/** What each use case adds to those. */
const PARTS: readonly ((useCase: UseCase) => unknown)[] = [
  manifestEntry,
  shapeText,
  openApiParts,
  catalogueRow,
  ownerLines,
];

/** All files of `generated/`, by path: a function of the use cases alone, whatever their order. Numbers are filled in. */
export function emit(useCases: readonly UseCase[]): Output[] {
  const sorted = useCases.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const files = sorted.flatMap(emitOne);
  const isContract = ({ path }: Output) => path.startsWith(CONTRACTS);
  // Nearly in order, which is sorted in a fifth of the time.
  return [
    ...files.filter((file) => !isContract(file)),
    ...files.filter(isContract),
    ...FOR_ALL.map((emitter) => emitter(sorted)),
  ].sort(byPath);
}

const CONTRACTS = "generated/contracts/";
const byPath = (a: Output, b: Output) => (a.path < b.path ? -1 : 1);

const emitOne = remembered((useCase): Output[] => PER_USE_CASE.map((emitter) => emitter(useCase)).sort(byPath));

/** Does in advance what `emit` will need of a use case; returns the files that are its own. */
export function emitAhead(useCase: UseCase): readonly Output[] {
  for (const part of PARTS) part(useCase);
  return emitOne(useCase);
}
