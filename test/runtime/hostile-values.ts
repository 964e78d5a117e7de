import { createContext, runInContext } from "node:vm";

const realm = createContext({});

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function throwingTraps(target: object): unknown {
  const fail = () => {
    throw new Error("trap");
  };
  const traps = ["get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor", "apply"] as const;
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, fail])));
}

/** An error one of whose properties throws when it is read. */
function withThrowing(property: string): Error {
  return Object.defineProperty(new Error("fine"), property, {
    get() {
      throw new Error(`${property} throws`);
    },
  });
}

function inCircle(): Error {
  const error: Error & { cause?: unknown } = new Error("round");
  error.cause = new Error("and round", { cause: error });
  return error;
}

/** Values that somebody's code may throw or reject with, by what is odd about each. */
export const HOSTILE_ERRORS: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "an empty text": () => "",
  symbol: () => Symbol("s"),
  bigint: () => 10n,
  "a number": () => Number.NaN,
  function: () => () => "called",
  "no prototype": () => Object.assign(Object.create(null), { code: 5 }),
  "a class": () => class Odd {},
  "revoked proxy": () => revoked({}),
  "revoked proxy of an error": () => revoked(new Error("gone")),
  "revoked proxy of a function": () => revoked(() => {}),
  "throwing traps": () => throwingTraps(new Error("trapped")),
  "message throws": () => withThrowing("message"),
  "name throws": () => withThrowing("name"),
  "stack throws": () => withThrowing("stack"),
  "cause throws": () => withThrowing("cause"),
  "afterMs throws": () => Object.assign(withThrowing("afterMs"), { name: "RetryError" }),
  "message is an array": () => Object.assign(new Error(), { message: ["a", "b"] }),
  "message is an object": () => Object.assign(new Error(), { message: { toString: null } }),
  "name is a symbol": () => Object.assign(new Error(""), { name: Symbol("n") }),
  "text of 8 million": () => "x".repeat(8_000_000),
  "message of 8 million": () => new Error("\ud83d\ude00".repeat(4_000_000)),
  "half a surrogate pair": () => new Error("\ud83d and \ude00"),
  "a NUL": () => new Error("a\0b"),
  "toString throws": () => ({
    toString() {
      throw new Error("no text");
    },
  }),
  "a million properties": () => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`p${i}`, i])),
  "a sparse array": () => new Array(2 ** 32 - 1),
  "another realm's error": () => runInContext("new TypeError('from afar')", realm),
  "causes in a circle": inCircle,
  "errors within errors": () => new AggregateError([new Error("first"), throwingTraps({}), null], ""),
  "endless causes": () => {
    let error = new Error("root");
    for (let i = 0; i < 10_000; i++) error = new Error(`level ${i}`, { cause: error });
    return error;
  },
  "waits for no time": () => Object.assign(new Error("later"), { name: "RetryError", afterMs: Number.NaN }),
  "waits for the past": () => Object.assign(new Error("later"), { name: "RetryError", afterMs: -1e9 }),
  "waits for a part": () => Object.assign(new Error("later"), { name: "RetryError", afterMs: 0.25 }),
};

/** An object that a linter would warn of. */
export function thenable(then: unknown, target: object = {}): unknown {
  return Object.assign(target, { then });
}

type Settle = (value?: unknown) => void;

/** What a handler may return that is odd, and whether its task then fails. */
export const HOSTILE_RESULTS: Readonly<Record<string, { readonly result: () => unknown; readonly fails: boolean }>> = {
  "then throws": { result: () => thenable(() => throwNow("no then")), fails: true },
  "reading then throws": { result: thenThrows, fails: true },
  "then of a function": {
    result: () =>
      thenable(
        (_: Settle, no: Settle) => no(Symbol("no")),
        () => {},
      ),
    fails: true,
  },
  "then calls both": { result: () => thenable(callBoth), fails: false },
  "then gives a promise that fails": {
    result: () => thenable((yes: Settle) => yes(Promise.reject(new Error("inner")))),
    fails: true,
  },
  "then never calls": { result: () => thenable(() => {}), fails: true },
  "a promise's proxy": { result: () => new Proxy(Promise.resolve(), {}), fails: true },
  "a promise's own then throws": { result: () => thenable(() => throwNow("own then"), Promise.resolve()), fails: true },
  "a promise of another realm": { result: () => runInContext("Promise.resolve(1)", realm), fails: false },
  "a revoked proxy": { result: () => revoked({}), fails: true },
  "a generator": { result: () => (function* () {})(), fails: true },
  "an async generator": { result: () => (async function* () {})(), fails: true },
  "promises in an array": { result: () => [1, Promise.reject(new Error("unawaited"))], fails: true },
  "a promise of promises in an array": { result: async () => [Promise.reject(new Error("unawaited"))], fails: true },
  "promises deep within": { result: () => new Map([["a", [[new Promise(() => {})]]]]), fails: true },
  "promises of an object": { result: async () => ({ a: Promise.resolve(), b: 1 }), fails: true },
  "a huge sparse array": { result: () => new Array(2 ** 32 - 1), fails: false },
  "an object in a circle": { result: circle, fails: false },
  symbol: { result: () => Symbol("s"), fails: false },
  function: { result: () => () => {}, fails: false },
  "no prototype": { result: () => Object.create(null), fails: false },
  "a row": { result: () => ({ next: "page 2", items: [1, 2] }), fails: false },
};

function throwNow(text: string): never {
  throw new Error(text);
}

function circle(): unknown {
  const array: unknown[] = [];
  array.push(array, array);
  return array;
}

function thenThrows(): unknown {
  return new Proxy({}, { get: (_, name) => (name === "then" ? throwNow("then read") : undefined) });
}

function callBoth(yes: Settle, no: Settle): void {
  yes(1);
  no(2);
  yes(3);
}
