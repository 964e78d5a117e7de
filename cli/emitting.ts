import { once } from "node:events";
import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { UseCase } from "../compiler/model/model.ts";
import type { Output } from "../compiler/model/output.ts";
import { createDrafts, removeDrafts } from "./drafts.ts";
import { Fault } from "./fault.ts";
import { type Changes, GENERATED, isGenerated } from "./outputs.ts";
import { createLoading, type Flag, type Loading } from "./v8-flags.ts";

/** Use cases from which on a thread, which takes a tenth of a second of CPU to start, pays. */
const WORTH_A_THREAD = 50;

/** What answers. Of the published package, which is built, the file's name ends in `.js`. */
const ANSWERS = "emitting-answers.ts".replace(/\.ts$/, extname(import.meta.filename));

/**
 * The thread's code, which needs no TypeScript stripped: where what it imports is in the cache of compiled code, nothing
 * else does, and to load what strips takes longer than the emitters themselves.
 */
const THREAD = `require("node:module").enableCompileCache?.();
import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, ANSWERS)))});`;

/** What came of all use cases' files. */
export interface Emitted {
  readonly files: readonly string[];
  readonly difference: Changes;
}

/**
 * Emits use cases in a thread of its own, while this one still reads others. When all are read, that thread has emitted
 * less than half of them: this one then emits the files that all of them share, and those like them.
 */
export interface Emitting {
  /** Takes what is known so far; a use case of the same name as another one takes its place. */
  add(useCases: readonly UseCase[]): void;
  /** Compares the disk with all files of these use cases, and unless this is a `check`, makes it so. */
  finish(useCases: readonly UseCase[], lock: Output, options: { readonly check: boolean }): Promise<Emitted>;
  /** Ends the thread, whatever it is at. */
  close(): Promise<void>;
}

/** That thread, as its starter sees it. */
export interface EmittingThread extends Emitting {
  readonly loading: Loading;
}

export interface EmittingThreadData {
  /** Told when this thread has loaded its code, as is whoever started it. */
  readonly loading: Loading;
  /** To set once both have. */
  readonly flags: readonly Flag[];
  readonly root: string;
  readonly check: boolean;
  /** Whether files are written before it is known that all is well. */
  readonly drafting: boolean;
}

export type EmittingRequest =
  /** An array of use cases in JSON, which is read in a third of the time of copies that the threads could exchange. */
  | { readonly kind: "add"; readonly useCases: string }
  | {
      readonly kind: "finish";
      readonly names: readonly string[];
      /** What was emitted elsewhere. */
      readonly others: readonly Output[];
      /** Whether those are among the drafts. */
      readonly drafted: boolean;
    };

/** `published`: all of `generated/` is new, and not in the difference. `stack`: the fault is the compiler's own. */
export type EmittingAnswer =
  | (Emitted & { readonly published: boolean })
  | { readonly fault: string; readonly stack?: string };

function emittedOf({ files, published, difference }: Emitted & { readonly published: boolean }): Emitted {
  if (!published) return { files, difference };
  const drafts = files.map((path) => ({ path })).filter(isGenerated);
  return { files, difference: { ...difference, missing: [...drafts, ...difference.missing] } };
}

/**
 * Starts emitting for a project of so many modules, to write or to `check`; `undefined` if it is small. Sets these flags
 * of V8 once its thread has loaded all code, and its caller has said so of itself to `loading`.
 */
export function startEmitting(
  root: string,
  modules: number,
  { check, flags }: { check: boolean; flags: readonly Flag[] },
): EmittingThread | undefined {
  if (modules < WORTH_A_THREAD) return undefined;
  removeDrafts(root);
  const drafting = !check && !existsSync(join(root, GENERATED));
  const loading = createLoading(2);
  // A thread that waits for an answer must not keep a process that failed from ending.
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { loading, flags, root, check, drafting } satisfies EmittingThreadData,
    // More would only take memory.
    resourceLimits: { maxYoungGenerationSizeMb: 16 },
  });
  thread.unref();
  const failed = once(thread, "error").then(([error]) => {
    throw error;
  });
  // Whoever waits for an answer is told.
  failed.catch(() => {});
  let isDone = false;
  const sent = new Set<UseCase>();
  const ask = (request: EmittingRequest) => thread.postMessage(request);

  function add(useCases: readonly UseCase[]): void {
    if (useCases.length === 0) return;
    for (const useCase of useCases) sent.add(useCase);
    ask({ kind: "add", useCases: JSON.stringify(useCases) });
  }

  return {
    loading,
    add,
    async finish(useCases, lock) {
      add(useCases.filter((useCase) => !sent.has(useCase)));
      // Loaded only now: the thread's start must not have to wait for it.
      const { emitCommon } = await import("../compiler/emit/index.ts");
      const others = emitCommon(useCases);
      const drafted = drafting && createDrafts(root).write(others);
      const answered = once(thread, "message");
      ask({ kind: "finish", names: useCases.map(({ name }) => name), others: [...others, lock], drafted });
      thread.ref();
      const [answer] = (await Promise.race([answered, failed])) as [EmittingAnswer];
      if (!("fault" in answer)) {
        isDone = true;
        return emittedOf(answer);
      }
      const { fault, stack } = answer;
      throw stack ? Object.assign(new Error(fault), { stack }) : new Fault("environment", fault);
    },
    async close() {
      // One that is done dies with the process, which does not wait for it.
      thread.unref();
      if (!isDone) await thread.terminate();
      removeDrafts(root);
    },
  };
}
