/* In the thread that emits: takes use cases as they come, and at last compares, or writes, all files. */
import { parentPort, workerData } from "node:worker_threads";
import { Fault } from "../../loader/fault.ts";
import { emitInJson, emitOwn } from "../emit/index.ts";
import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { createDrafts } from "./drafts.ts";
import type { EmittingAnswer, EmittingRequest, EmittingThreadData } from "./emitting.ts";
import { createShare } from "./emitting-share.ts";
import { takeTurn } from "./emitting-turns.ts";
import { outputStamps } from "./output-stamps.ts";
import {
  type Changed,
  compareOutputs,
  createComparison,
  type Difference,
  differenceOf,
  readingOutputs,
  writeOutputs,
} from "./outputs.ts";
import { hasLoaded } from "./v8-flags.ts";

const { loading, flags, turns, root, check, drafting } = workerData as EmittingThreadData;
hasLoaded(loading, flags);
const drafts = drafting ? createDrafts(root) : undefined;
const useCases = new Map<string, UseCase>();
/** The files of use cases that are in the drafts. */
const drafted = new Map<UseCase, readonly string[]>();
const own = createShare(root, drafts);

parentPort?.on("message", (request: EmittingRequest) => {
  if (request.kind === "add") {
    for (const useCase of JSON.parse(request.useCases) as UseCase[]) add(useCase);
    return;
  }
  void answer(request).then((answer) => {
    parentPort?.postMessage(answer);
    // It ends now, rather than when somebody waits for the process to end.
    if (answer.kind === "stamps") parentPort?.close();
  });
});

function add(useCase: UseCase): void {
  useCases.set(useCase.name, useCase);
  if (!drafts) return;
  try {
    const outputs = emitOwn(useCase);
    if (drafts.write(outputs)) drafted.set(useCase, pathsOf(outputs));
  } catch {
    // It is not checked yet. What is wrong with it will be said, or else comes again when all is emitted.
  }
}

async function answer(request: Exclude<EmittingRequest, { kind: "add" }>): Promise<EmittingAnswer> {
  try {
    if (request.kind === "stamps") return { kind: "stamps", stamps: outputStamps(root, request.paths) };
    if (request.kind === "share") return await readingOutputs(async () => share(request.names));
    return await finish(request);
  } catch (error) {
    const { message, stack = message } = error as Error;
    return { kind: "fault", message, ...(!(error instanceof Fault) && { stack }) };
  }
}

function share(names: readonly string[]): EmittingAnswer {
  const all = names.map((name) => useCases.get(name)!);
  for (const useCase of all) {
    const before = drafted.get(useCase);
    if (before) own.adopt(before, () => emitOwn(useCase));
    else own.take(() => emitOwn(useCase));
  }
  for (let turn = takeTurn(turns); turn < all.length; turn = takeTurn(turns)) own.take(() => emitInJson(all[turn]!));
  return { kind: "shared" };
}

async function finish({ beside, others, changed }: EmittingRequest & { kind: "finish" }): Promise<EmittingAnswer> {
  const published = !changed && (drafts?.publish(own.paths, others) ?? false);
  if (!published && !changed) return { kind: "unpublished" };
  // Nothing else is in a folder that was made just now.
  const difference = await (changed
    ? differenceWith(beside, others, changed)
    : compareOutputs(root, beside, new Map()));
  if (!check) await writeOutputs(root, difference);
  const { missing, stale, superfluous, unchanged } = difference;
  const withoutTexts = (all: readonly { path: string }[]) => pathsOf(all).map((path) => ({ path }));
  const changes = { missing: withoutTexts(missing), stale: withoutTexts(stale), superfluous, unchanged };
  return { kind: "finished", files: [...own.paths, ...others, ...pathsOf(beside)], published, difference: changes };
}

function differenceWith(beside: readonly Output[], others: readonly string[], changed: Changed): Promise<Difference> {
  return readingOutputs(async () => {
    const ofThese = createComparison(root);
    ofThese.add(beside);
    const all = [own.changed(), changed, ofThese.changed];
    const [missing, stale] = [all.flatMap(({ missing }) => missing), all.flatMap(({ stale }) => stale)];
    return differenceOf(root, [...own.paths, ...others, ...pathsOf(beside)], { missing, stale });
  });
}

function pathsOf(outputs: readonly { readonly path: string }[]): string[] {
  return outputs.map(({ path }) => path);
}
