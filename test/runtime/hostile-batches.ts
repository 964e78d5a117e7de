import { HOSTILE_ERRORS, thenable } from "./hostile-values.ts";

/** What a batch handler may return or throw that is odd, and how many of its three events are done then. */
export const HOSTILE_BATCHES: Readonly<Record<string, readonly [result: () => unknown, done: number]>> = {
  "too short": [() => [undefined, undefined], 0],
  "too long": [() => [undefined, undefined, undefined, undefined], 0],
  empty: [() => [], 0],
  "no array": [() => ({ batchItemFailures: [] }), 0],
  "a text of the right length": [() => "abc", 0],
  true: [() => true, 0],
  "a set": [() => new Set([1, 2, 3]), 0],
  "an array-like": [() => ({ length: 3, 0: undefined, 1: undefined, 2: undefined }), 0],
  "a generator": [
    () =>
      (function* () {
        yield;
      })(),
    0,
  ],
  "an async generator": [
    () =>
      (async function* () {
        yield;
      })(),
    0,
  ],
  "a huge sparse array": [() => new Array(2 ** 32 - 1), 0],
  "a sparse array": [() => new Array(3), 3],
  null: [() => null, 3],
  values: [() => [true, 5, "done"], 0],
  "one false": [() => [undefined, false, null], 2],
  "a getter that throws": [() => Object.defineProperty([undefined, undefined, undefined], 1, { get: fail }), 2],
  "a status that throws": [() => [undefined, Object.defineProperty({}, "status", { get: fail }), undefined], 2],
  "a reason that throws": [
    () => [undefined, Object.defineProperty({ status: "rejected" }, "reason", { get: fail }), undefined],
    2,
  ],
  "a then that throws": [() => [undefined, thenable(fail), undefined], 2],
  "promises that reject": [() => [Promise.reject(new Error("a")), Promise.resolve(), Promise.reject(null)], 1],
  "promises of promises that reject": [
    () => Promise.resolve([undefined, undefined, Promise.resolve(Promise.reject(new Error("a")))]),
    2,
  ],
  "a promise of errors": [async () => [new Error("a"), undefined, undefined], 2],
  "promises of errors": [() => [Promise.resolve(new Error("a")), undefined, undefined], 2],
  "too many promises that reject": [() => [1, 2, 3, 4].map(() => Promise.reject(new Error("unawaited"))), 0],
  "a promise that settles twice": [
    () => [thenable((yes: () => void, no: () => void) => [yes(), no(), yes()]), undefined, undefined],
    3,
  ],
  "a revoked proxy": [revoked, 0],
  "a revoked proxy within": [() => [undefined, revoked(), undefined], 2],
  "unawaited work in a settled value": [
    () => [{ status: "fulfilled", value: [Promise.reject(new Error("a"))] }, undefined, undefined],
    2,
  ],
  ...Object.fromEntries(
    Object.entries(HOSTILE_ERRORS).flatMap(([name, error]) => [
      [
        `throws ${name}`,
        [
          () => {
            throw error();
          },
          0,
        ],
      ],
      [`rejects with ${name}`, [() => Promise.reject(error()), 0]],
      [`settled by ${name}`, [() => [undefined, { status: "rejected", reason: error() }, undefined], 2]],
    ]),
  ),
};

function fail(): never {
  throw new Error("read");
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}
