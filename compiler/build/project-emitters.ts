import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { type Diagnostic, diagnostic, type Span } from "../diagnostics/diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { stampOf } from "../read/stamp.ts";
import { outputsOf } from "./emitted-files.ts";
import { CONFIG_FILE, type EmitterAnswer, type EmitterThreadData } from "./emitter-messages.ts";

/** The thread's module. Of the published package, which is built, the file's name ends in `.js`. */
const THREAD = "emitter-thread.ts".replace(/\.ts$/, extname(import.meta.filename));
/** For so long the configuration may load, and all emitters may run: an endless loop must not hold a build up for ever. */
const WITHIN_MS = 60_000;

/** What a project's own emitters came to. */
export interface ProjectEmitted {
  readonly outputs: readonly Output[];
  /** One, where there is a fault; then there are no outputs. */
  readonly diagnostics: readonly Diagnostic[];
  /** What they follow from besides the use cases: absolute paths, with their states as they were loaded. */
  readonly inputs: readonly (readonly [path: string, stamp: string])[];
}

/**
 * The emitters of a project's `fivefold.config.ts`, in a thread of their own. It is kept between builds, and started anew once
 * a file that it loaded changed.
 */
export interface ProjectEmitters {
  /** Starts loading them, so that they are there when all is read. */
  start(): void;
  /** Their files, for these use cases, with all numbers filled in. Runs nothing where neither these nor the emitters changed. */
  emit(useCases: readonly UseCase[]): Promise<ProjectEmitted>;
  close(): Promise<void>;
}

export function createProjectEmitters(root: string): ProjectEmitters {
  const config = join(root, CONFIG_FILE).replaceAll("\\", "/");
  let thread: Worker | undefined;
  let last: { readonly useCases: readonly UseCase[]; readonly emitted: ProjectEmitted } | undefined;

  async function stop(): Promise<void> {
    const ending = thread;
    thread = undefined;
    last = undefined;
    await ending?.terminate();
  }

  function start(): void {
    if (thread && last?.emitted.inputs.some(([path, stamp]) => stampOf(path) !== stamp)) void stop();
    if (thread || !existsSync(config)) return;
    const started = new Worker(join(import.meta.dirname, THREAD), {
      workerData: { root } satisfies EmitterThreadData,
      env: {},
    });
    // Whoever waits for an answer is told; where nobody does, the next one finds it gone.
    started.on("error", () => {});
    started.unref();
    thread = started;
  }

  function ask(asked: Worker, useCases: readonly UseCase[]): Promise<EmitterAnswer> {
    return new Promise((resolve) => {
      const give = (answer: EmitterAnswer) => {
        clearTimeout(timer);
        asked.unref();
        for (const event of ["message", "error", "exit"]) asked.off(event, listeners[event as keyof typeof listeners]);
        resolve(answer);
      };
      const fail = (reason: string) => give({ kind: "bad-config", reason, loaded: [[config, stampOf(config)]] });
      const listeners = {
        message: give,
        error: (error: Error) => fail(`it ended its thread: ${error.message}`),
        exit: () => fail("it ended its thread"),
      };
      const timer = setTimeout(() => {
        fail(`its emitters took more than ${WITHIN_MS / 1_000} s`);
        void stop();
      }, WITHIN_MS);
      for (const [event, listener] of Object.entries(listeners)) asked.on(event, listener);
      asked.ref();
      asked.postMessage(JSON.stringify(useCases));
    });
  }

  return {
    start,
    async emit(useCases) {
      start();
      if (!thread) return { outputs: [], diagnostics: [], inputs: [[config, ""]] };
      if (last && isSame(last.useCases, useCases)) return last.emitted;
      const asked = thread;
      const emitted = read(await ask(asked, useCases), useCases);
      // One that failed may have left anything behind.
      if (emitted.diagnostics.length > 0) await stop();
      else last = { useCases, emitted };
      return emitted;
    },
    close: stop,
  };
}

function isSame(a: readonly UseCase[], b: readonly UseCase[]): boolean {
  return a.length === b.length && a.every((useCase, index) => useCase === b[index]);
}

const SPAN: Span = { file: CONFIG_FILE, line: 1, column: 1, endLine: 1, endColumn: 1 };

function read(answer: EmitterAnswer, useCases: readonly UseCase[]): ProjectEmitted {
  const inputs = answer.loaded;
  const fault = (found: Diagnostic): ProjectEmitted => ({ outputs: [], diagnostics: [found], inputs });
  if (answer.kind === "bad-config") return fault(diagnostic("bad-config", SPAN, { reason: answer.reason }));
  if (answer.kind === "failed") {
    return fault(diagnostic("failed-emitter", SPAN, { emitter: answer.emitter, reason: `it threw: ${answer.reason}` }));
  }
  const names = new Set(useCases.map(({ name }) => name));
  const outputs: Output[] = [];
  for (const { emitter, files } of answer.files) {
    const found = outputsOf(emitter, files, names);
    if ("reason" in found) return fault(diagnostic("failed-emitter", SPAN, { emitter, reason: found.reason }));
    outputs.push(...found);
  }
  return { outputs, diagnostics: [], inputs };
}
