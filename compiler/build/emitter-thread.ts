/*
 * In the thread that runs a project's own emitters: loads `fivefold.config.ts`, and calls them. They have an environment
 * without variables, and what they print goes to stderr: a build follows from its files alone.
 */
import module from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { loadTypeScript, MODULE_CACHE } from "../../loader/hooks.ts";
import type { UseCase } from "../model/model.ts";
import { stampOf } from "../read/stamp.ts";
import { CONFIG_FILE, type EmitterAnswer, type EmitterThreadData } from "./emitter-messages.ts";

interface LoadedEmitter {
  readonly name: string;
  readonly emit: (useCases: readonly UseCase[]) => unknown;
}

/** What is wrong with the configuration. */
class ConfigFault extends Error {}

const { root } = workerData as EmitterThreadData;
/** States of the files that were loaded, taken before. */
const loaded = new Map<string, string>();
let emitters: readonly LoadedEmitter[] = [];

// What emitters print must not get into what a build prints for machines.
const { stderr } = process;
Object.defineProperty(process, "stdout", { value: stderr });
loadTypeScript({ cache: join(root, MODULE_CACHE) });
module.registerHooks({
  load(url, context, nextLoad) {
    const path = url.startsWith("file:") ? fileURLToPath(url).replaceAll("\\", "/") : undefined;
    if (path !== undefined && !loaded.has(path)) loaded.set(path, stampOf(path));
    return nextLoad(url, context);
  },
});

const loading = load();

parentPort?.on("message", (useCases: string) => {
  void answer(useCases).then((found) => parentPort?.postMessage(found));
});

async function load(): Promise<EmitterAnswer | undefined> {
  try {
    const { default: config } = (await import(pathToFileURL(join(root, CONFIG_FILE)).href)) as { default?: unknown };
    emitters = readEmitters(config);
    return undefined;
  } catch (error) {
    const reason = error instanceof ConfigFault ? error.message : `it can't be loaded: ${described(error)}`;
    return { kind: "bad-config", reason, loaded: [...loaded] };
  }
}

async function answer(json: string): Promise<EmitterAnswer> {
  const failed = await loading;
  if (failed) return failed;
  const files: { emitter: string; files: unknown }[] = [];
  for (const { name, emit } of emitters) {
    try {
      // Each has a copy of its own: what one does to it is no matter of the next.
      const emitted = await emit(JSON.parse(json) as UseCase[]);
      files.push({ emitter: name, files: copied(emitted) });
    } catch (error) {
      return { kind: "failed", emitter: name, reason: described(error), loaded: [...loaded] };
    }
  }
  return { kind: "emitted", files, loaded: [...loaded] };
}

/** Texts and paths as plain data; all else as what it is, for it is told. */
function copied(emitted: unknown): unknown {
  if (!Array.isArray(emitted)) return typeof emitted;
  return Array.from(emitted as unknown[], (file) => {
    if (typeof file !== "object" || file === null) return undefined;
    const { path, text } = file as { readonly path?: unknown; readonly text?: unknown };
    return { path: typeof path === "string" ? path : undefined, text: typeof text === "string" ? text : undefined };
  });
}

const KNOWN = ["emitters"];

function readEmitters(config: unknown): readonly LoadedEmitter[] {
  if (typeof config !== "object" || config === null) {
    throw new ConfigFault("its default export is no configuration");
  }
  const unknown = Object.keys(config).find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw new ConfigFault(`'${unknown}' is none of ${KNOWN.join(", ")}`);
  const { emitters: given = [] } = config as { readonly emitters?: unknown };
  if (!Array.isArray(given)) throw new ConfigFault("'emitters' is no array");
  const names = new Set<string>();
  return Array.from(given as unknown[], (one, index) => {
    const { name, emit } = (typeof one === "object" && one !== null ? one : {}) as Partial<LoadedEmitter>;
    if (typeof name !== "string" || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 64) {
      throw new ConfigFault(
        `emitter ${index} has no name that can be a folder's: words of lower case and digits, joined by '-'`,
      );
    }
    if (typeof emit !== "function") throw new ConfigFault(`emitter '${name}' has no function 'emit'`);
    if (names.has(name)) throw new ConfigFault(`two emitters are called '${name}'`);
    names.add(name);
    return { name, emit: (useCases) => emit.call(one, useCases) };
  });
}

/** What was thrown, with the place in the project that it came from. */
function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, stack = "" } = error;
  const place = stack.split("\n").find((line) => line.trimStart().startsWith("at ") && line.includes(root));
  const at = place && /\(?([^()\s]+:\d+:\d+)\)?$/.exec(place)?.[1]?.replace(/^file:\/\//, "");
  return at ? `${message} (${at.replace(`${root}/`, "")})` : message;
}
