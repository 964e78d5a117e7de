/* In the thread that emits: takes use cases as they come, and at last compares, or writes, all files. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { emit, emitAhead } from "../compiler/emit/index.ts";
import type { UseCase } from "../compiler/model/model.ts";
import { createDrafts } from "./drafts.ts";
import type { EmittingAnswer, EmittingRequest, EmittingThreadData } from "./emitting.ts";
import { Fault } from "./fault.ts";
import { compareOutputs, GENERATED, writeOutputs } from "./outputs.ts";

const { root, check } = workerData as EmittingThreadData;
const drafts = check || existsSync(join(root, GENERATED)) ? undefined : createDrafts(root);
const useCases = new Map<string, UseCase>();

parentPort?.on("message", (request: EmittingRequest) => {
  if (request.kind === "add") {
    for (const useCase of request.useCases) add(useCase);
  } else void finish(request).then((answer) => parentPort?.postMessage(answer));
});

function add(useCase: UseCase): void {
  useCases.set(useCase.name, useCase);
  try {
    const outputs = emitAhead(useCase);
    drafts?.write(outputs);
  } catch {
    // It is not checked yet. What is wrong with it will be said, or else comes again when all is emitted.
  }
}

async function finish({ names, lock }: EmittingRequest & { kind: "finish" }): Promise<EmittingAnswer> {
  try {
    const outputs = [...emit(names.map((name) => useCases.get(name)!)), lock];
    const generated = outputs.filter(({ path }) => path.startsWith(`${GENERATED}/`));
    const published = drafts?.publish(generated) ? generated : [];
    const known = published.length > 0 ? new Map(published.map(({ path, text }) => [path, text])) : undefined;
    const difference = await compareOutputs(root, outputs, known);
    if (!check) await writeOutputs(root, difference);
    const withoutTexts = (all: readonly { path: string }[]) => all.map(({ path }) => ({ path }));
    return {
      files: outputs.map(({ path }) => path),
      difference: {
        missing: withoutTexts([...published, ...difference.missing]),
        stale: withoutTexts(difference.stale),
        superfluous: difference.superfluous,
        unchanged: difference.unchanged - published.length,
      },
    };
  } catch (error) {
    const { message, stack = message } = error as Error;
    return { fault: message, ...(!(error instanceof Fault) && { stack }) };
  }
}
