import { once } from "node:events";
import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { Fault } from "../../loader/fault.ts";
import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { createDrafts, removeDrafts } from "./drafts.ts";
import { createShare, type Share } from "./emitting-share.ts";
import { createTurns, type Turns, takeTurn } from "./emitting-turns.ts";
import { type Changed, type Changes, GENERATED, isGenerated, readingOutputs } from "./outputs.ts";
import { createLoading, type Flag, type Loading } from "./v8-flags.ts";

/** Use cases from which on a thread, which takes a tenth of a second of CPU to start, pays. */
const WORTH_A_THREAD = 50;

/** What answers. Of the published package, which is built, the file's name ends in `.js`. */
const ANSWERS = "emitting-answers.ts".replace(/\.ts$/, extname(import.meta.filename));

/** What came of all use cases' files. */
export interface Emitted {
  readonly files: readonly string[];
  readonly difference: Changes;
}

/**
 * Emits use cases in a thread of its own, while this one still reads others. When all are read, this one emits the files
 * that all of them share, and then both take turns at those in JSON, which are emitted last.
 */
export interface Emitting {
  /** Takes what is known so far; a use case of the same name as another one takes its place. */
  add(useCases: readonly UseCase[]): void;
  /** Compares the disk with all files of these use cases, and those beside, and unless this is a `check`, makes it so. */
  finish(
    useCases: readonly UseCase[],
    beside: readonly Output[],
    options: { readonly check: boolean },
  ): Promise<Emitted>;
  /** The states of these outputs, where there is a thread to find them out; it then ends. */
  stampsOf?(paths: readonly string[]): Promise<readonly string[]>;
  /** Ends the thread, whatever it is at. */
  close(): Promise<void>;
}

/** Emits nothing, and takes it that these files are on the disk as they should be. */
export function leaveOutputs(files: readonly string[]): Emitting {
  const difference = { missing: [], stale: [], superfluous: [], unchanged: files.length };
  return { add() {}, finish: async () => ({ files, difference }), close: async () => {} };
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
  /** At use cases, by the order in which they are shared. */
  readonly turns: Turns;
  readonly root: string;
  readonly check: boolean;
  /** Whether files are written before it is known that all is well. */
  readonly drafting: boolean;
}

export type EmittingRequest =
  /** Use cases in JSON, which is read in a third of the time of copies that the threads could exchange. */
  | { readonly kind: "add"; readonly useCases: string }
  /** The names of all, which are checked now. */
  | { readonly kind: "share"; readonly names: readonly string[] }
  /** The paths of what the other thread has emitted; `changed` where they are not in the drafts. */
  | {
      readonly kind: "finish";
      readonly beside: readonly Output[];
      readonly others: readonly string[];
      readonly changed: Changed | undefined;
    }
  | { readonly kind: "stamps"; readonly paths: readonly string[] };

/** All but `add` is answered. A fault with a stack is the compiler's own. */
export type EmittingAnswer =
  | { readonly kind: "shared" }
  /** All files are new: they were drafts. */
  | (Emitted & { readonly kind: "finished"; readonly published: boolean })
  /** What the other thread's drafts change is needed. */
  | { readonly kind: "unpublished" }
  | { readonly kind: "stamps"; readonly stamps: readonly string[] }
  | { readonly kind: "fault"; readonly message: string; readonly stack?: string };

type AskedRequest = Exclude<EmittingRequest, { kind: "add" }>;

type AnswerTo<K extends AskedRequest["kind"]> = Extract<
  EmittingAnswer,
  { kind: { share: "shared"; finish: "finished" | "unpublished"; stamps: "stamps" }[K] }
>;

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
  const turns = createTurns();
  // A thread that waits for an answer must not keep a process that failed from ending.
  const thread = new Worker(join(import.meta.dirname, ANSWERS), {
    workerData: { loading, flags, turns, root, check, drafting } satisfies EmittingThreadData,
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
  const tell = (request: EmittingRequest) => thread.postMessage(request);

  async function ask<K extends AskedRequest["kind"]>(request: AskedRequest & { kind: K }): Promise<AnswerTo<K>> {
    const answered = once(thread, "message");
    tell(request);
    thread.ref();
    const [answer] = (await Promise.race([answered, failed])) as [EmittingAnswer];
    if (answer.kind !== "fault") return answer as AnswerTo<K>;
    const { message, stack } = answer;
    throw stack ? Object.assign(new Error(message), { stack }) : new Fault("environment", message);
  }

  function add(useCases: readonly UseCase[]): void {
    if (useCases.length === 0) return;
    for (const useCase of useCases) sent.add(useCase);
    tell({ kind: "add", useCases: JSON.stringify(useCases.map(withoutPlaces)) });
  }

  function emitOthers(emitters: Emitters, useCases: readonly UseCase[]): Share {
    const own = createShare(root, drafting ? createDrafts(root) : undefined);
    own.take(() => emitters.emitShared(useCases));
    for (let turn = takeTurn(turns); turn < useCases.length; turn = takeTurn(turns)) {
      own.take(() => emitters.emitInJson(useCases[turn]!));
    }
    return own;
  }

  return {
    loading,
    add,
    async finish(useCases, beside) {
      add(useCases.filter((useCase) => !sent.has(useCase)));
      const shared = ask({ kind: "share", names: useCases.map(({ name }) => name) });
      // Should this thread fail first, nobody waits for that one.
      shared.catch(() => {});
      // Loaded only now: the thread's start must not have to wait for it.
      const own = await readingOutputs(async () => emitOthers(await import("../emit/index.ts"), useCases));
      await shared;
      const others = own.paths;
      let answer = own.areDrafted() ? await ask({ kind: "finish", beside, others, changed: undefined }) : undefined;
      if (answer?.kind !== "finished") {
        const changed = await readingOutputs(async () => own.changed());
        answer = await ask({ kind: "finish", beside, others, changed });
      }
      if (answer.kind !== "finished") throw new Error("The thread that emits asks for what it was given.");
      isDone = true;
      return emittedOf(answer);
    },
    async stampsOf(paths) {
      return (await ask({ kind: "stamps", paths })).stamps;
    },
    async close() {
      // One that is done dies with the process, which does not wait for it.
      thread.unref();
      if (!isDone) await thread.terminate();
      removeDrafts(root);
    },
  };
}

/** A use case without where it was read from: most of its JSON, and nothing that an emitter asks for. */
function withoutPlaces(useCase: UseCase): object {
  const messages = useCase.event.messages.map((message) => {
    const fields = message.fields.map((field) => ({ ...field, span: undefined }));
    return { ...message, fields, span: undefined };
  });
  return { ...useCase, event: { ...useCase.event, messages }, span: undefined, spans: undefined };
}

type Emitters = Pick<typeof import("../emit/index.ts"), "emitInJson" | "emitShared">;
