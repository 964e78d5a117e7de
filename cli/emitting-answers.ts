/* In the thread that emits: takes use cases as they come, and at last compares, or writes, all files. */
import { parentPort, workerData } from "node:worker_threads";
import { emitOne, emitOwn } from "../compiler/emit/index.ts";
import type { UseCase } from "../compiler/model/model.ts";
import { createDrafts } from "./drafts.ts";
import type { EmittingAnswer, EmittingRequest, EmittingThreadData } from "./emitting.ts";
import { Fault } from "./fault.ts";
import { compareOutputs, isGenerated, writeOutputs } from "./outputs.ts";
import { hasLoaded } from "./v8-flags.ts";

const { loading, flags, root, check, drafting } = workerData as EmittingThreadData;
hasLoaded(loading, flags);
const drafts = drafting ? createDrafts(root) : undefined;
const useCases = new Map<string, UseCase>();

parentPort?.on("message", (request: EmittingRequest) => {
  if (request.kind === "add") {
    for (const useCase of JSON.parse(request.useCases) as UseCase[]) add(useCase);
  } else {
    void finish(request).then((answer) => {
      parentPort?.postMessage(answer);
      // It ends now, rather than when somebody waits for the process to end.
      parentPort?.close();
    });
  }
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

async function finish({ names, others, drafted }: EmittingRequest & { kind: "finish" }): Promise<EmittingAnswer> {
  try {
    const outputs = [...emitOwn(names.map((name) => useCases.get(name)!)), ...others];
    const files = outputs.map(({ path }) => path);
    if (drafted) drafts?.adopt(others.filter(isGenerated));
    const published = drafts?.publish(outputs.filter(isGenerated)) ?? false;
    // Nothing else is in a folder that was made just now.
    const difference = published
      ? await compareOutputs(
          root,
          outputs.filter((output) => !isGenerated(output)),
          new Map(),
        )
      : await compareOutputs(root, outputs);
    if (!check) await writeOutputs(root, difference);
    const { missing, stale, superfluous, unchanged } = difference;
    const withoutTexts = (all: readonly { path: string }[]) => all.map(({ path }) => ({ path }));
    const changes = { missing: withoutTexts(missing), stale: withoutTexts(stale), superfluous, unchanged };
    return { files, published, difference: changes };
  } catch (error) {
    const { message, stack = message } = error as Error;
    return { fault: message, ...(!(error instanceof Fault) && { stack }) };
  }
}
