/* In the thread that emits: takes use cases as they come, and at last compares, or writes, all files. */
import { parentPort, workerData } from "node:worker_threads";
import { emit, emitAhead } from "../compiler/emit/index.ts";
import type { UseCase } from "../compiler/model/model.ts";
import type { EmittingAnswer, EmittingRequest } from "./emitting.ts";
import { Fault } from "./fault.ts";
import { compareOutputs, writeOutputs } from "./outputs.ts";

const root = workerData as string;
const useCases = new Map<string, UseCase>();

parentPort?.on("message", (request: EmittingRequest) => {
  if (request.kind === "add") {
    for (const useCase of request.useCases) add(useCase);
  } else void finish(request).then((answer) => parentPort?.postMessage(answer));
});

function add(useCase: UseCase): void {
  useCases.set(useCase.name, useCase);
  try {
    emitAhead(useCase);
  } catch {
    // It is not checked yet. What is wrong with it will be said, or else comes again when all is emitted.
  }
}

async function finish({ names, lock, check }: EmittingRequest & { kind: "finish" }): Promise<EmittingAnswer> {
  try {
    const outputs = [...emit(names.map((name) => useCases.get(name)!)), lock];
    const difference = await compareOutputs(root, outputs);
    if (!check) await writeOutputs(root, difference);
    const withoutTexts = (all: readonly { path: string }[]) => all.map(({ path }) => ({ path }));
    return {
      files: outputs.map(({ path }) => path),
      difference: {
        ...difference,
        missing: withoutTexts(difference.missing),
        stale: withoutTexts(difference.stale),
      },
    };
  } catch (error) {
    const { message, stack = message } = error as Error;
    return { fault: message, ...(!(error instanceof Fault) && { stack }) };
  }
}
