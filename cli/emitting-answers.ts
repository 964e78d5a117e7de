/* In the thread that emits: takes use cases as they come, and at last compares, or writes, all files. */
import { parentPort, workerData } from "node:worker_threads";
import { emitInJson, emitOne } from "../compiler/emit/index.ts";
import type { UseCase } from "../compiler/model/model.ts";
import type { Output } from "../compiler/model/output.ts";
import { createDrafts } from "./drafts.ts";
import type { EmittingAnswer, EmittingRequest, EmittingThreadData } from "./emitting.ts";
import { takeTurn } from "./emitting-turns.ts";
import { Fault } from "./fault.ts";
import { outputStamps } from "./output-stamps.ts";
import { compareOutputs, isGenerated, writeOutputs } from "./outputs.ts";
import { hasLoaded } from "./v8-flags.ts";

const { loading, flags, turns, root, check, drafting } = workerData as EmittingThreadData;
hasLoaded(loading, flags);
const drafts = drafting ? createDrafts(root) : undefined;
const useCases = new Map<string, UseCase>();
let ofProject: readonly UseCase[] = [];
const outputs: Output[] = [];

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
  try {
    const outputs = emitOne(useCase);
    drafts?.write(outputs);
  } catch {
    // It is not checked yet. What is wrong with it will be said, or else comes again when all is emitted.
  }
}

async function answer(request: Exclude<EmittingRequest, { kind: "add" }>): Promise<EmittingAnswer> {
  try {
    if (request.kind === "stamps") return { kind: "stamps", stamps: outputStamps(root, request.paths) };
    if (request.kind === "share") return share(request.names);
    return await finish(request);
  } catch (error) {
    const { message, stack = message } = error as Error;
    return { kind: "fault", message, ...(!(error instanceof Fault) && { stack }) };
  }
}

function share(names: readonly string[]): EmittingAnswer {
  ofProject = names.map((name) => useCases.get(name)!);
  outputs.push(...ofProject.flatMap(emitOne));
  for (let turn = takeTurn(turns); turn < ofProject.length; turn = takeTurn(turns)) {
    const inJson = emitInJson(ofProject[turn]!);
    drafts?.write(inJson);
    outputs.push(...inJson);
  }
  return { kind: "shared" };
}

async function finish({ others, drafted }: EmittingRequest & { kind: "finish" }): Promise<EmittingAnswer> {
  const all = [...outputs, ...others];
  const published = drafts?.publish(all.filter(isGenerated), drafted) ?? false;
  if (!published && drafted.length > 0) return { kind: "unpublished" };
  // Nothing else is in a folder that was made just now.
  const difference = published
    ? await compareOutputs(
        root,
        all.filter((output) => !isGenerated(output)),
        new Map(),
      )
    : await compareOutputs(root, all);
  if (!check) await writeOutputs(root, difference);
  const { missing, stale, superfluous, unchanged } = difference;
  const withoutTexts = (all: readonly { path: string }[]) => all.map(({ path }) => ({ path }));
  const changes = { missing: withoutTexts(missing), stale: withoutTexts(stale), superfluous, unchanged };
  const files = [...all.map(({ path }) => path), ...drafted];
  return { kind: "finished", files, published, difference: changes };
}
