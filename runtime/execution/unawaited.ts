import { readOf } from "../contract/thrown.ts";

/** Values that are looked at in what a handler returned: promises are among the first, or not at all. */
const MOST_VALUES = 1_000;

/**
 * Work that a handler returned and nobody awaits: promises in an array, a generator whose body never ran. Such a task
 * would count as done though nothing of it is. Returns what was found and the fix, or `undefined`.
 */
export function findUnawaited(result: unknown): string | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  try {
    const search = { left: MOST_VALUES, promises: [] as PromiseLike<unknown>[] };
    const found = look(result, search);
    // Nobody else will: their rejections must not end the process.
    for (const promise of search.promises) promise.then(undefined, () => {});
    return found;
  } catch {
    // A hostile object: what can't be looked at is no work.
    return undefined;
  }
}

interface Search {
  left: number;
  readonly promises: PromiseLike<unknown>[];
}

function look(value: object, search: Search): string | undefined {
  if (isIterator(value)) {
    return "the handler returned a generator or another iterator, which runs only when somebody iterates: nothing awaits it. Make the handler an async function, and use `for await` within it.";
  }
  let found: string | undefined;
  for (const item of itemsOf(value)) {
    if (search.left-- <= 0) break;
    if (typeof item !== "object" || item === null) continue;
    if (item instanceof Promise) {
      search.promises.push(item);
      found ??=
        "the handler returned promises within a collection: nothing awaits them. Return `Promise.all(…)` of them.";
    } else found ??= look(item, search);
  }
  return found;
}

/** What a collection or a plain object holds, without running any getter. */
function* itemsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set || value instanceof Map) yield* value.values();
  else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const key of Object.keys(value)) yield Object.getOwnPropertyDescriptor(value, key)?.value;
  }
}

function isIterator(value: object): boolean {
  if (typeof readOf(value, Symbol.asyncIterator) === "function") return true;
  return typeof readOf(value, "next") === "function" && typeof readOf(value, Symbol.iterator) === "function";
}
