import { verdictOf } from "../../../compiler/evolution/verdict.ts";
import { applyLock } from "../../../compiler/lock/lock.ts";
import { releasedText } from "../lock-versions.ts";
import { faultOf, INTERLEAVINGS } from "./deployment.ts";
import { family } from "./family.ts";
import type { History, Step } from "./history.ts";
import { samplesOf } from "./samples.ts";
import { jsonFault, jsonMisreading, readInTwoWays, unprotectedFault, type Version, versionOf } from "./version.ts";

/*
 * The guarantee, tried: the compiler judges each change of the family, then the code that is generated for the versions
 * runs, in every order of deployment. Nothing that it accepts may go wrong, and what it refuses must.
 */

/** What became of one change. */
export interface Tried {
  readonly label: string;
  /** What the compiler says: it is refused, or the order in which it is to be deployed. */
  readonly order: string;
  /** Codes of what it is refused for. */
  readonly codes: readonly string[];
  readonly reasons: readonly string[];
  /** Why it is refused, or why it has an order. */
  readonly counterexample: string | undefined;
  /** What the compiler is wrong about. */
  readonly fault: string | undefined;
}

/** Tries every change whose place in the family is a multiple of `stride`. */
export function tryFamily(stride: number): Tried[] {
  const versions: Versions = new Map();
  return [...family()]
    .filter((_, i) => i % stride === 0)
    .map((history) => judge(history, versions))
    .filter((judged) => judged !== undefined)
    .map(tryOut);
}

/** How many changes came to what, and what is refused for what reason, with an example of each. */
export function summaryOf(tried: readonly Tried[]): string {
  const counts = Object.entries(Object.groupBy(tried, ({ order }) => order)).map(([order, all]) => {
    return `${all!.length} ${order}`;
  });
  const refused = tried.filter(({ order }) => order === "refused");
  const examples = Object.entries(Object.groupBy(refused, ({ codes }) => codes[0]!)).map(([code, all]) => {
    return `  ${code}: ${all!.length}, for instance ${refusalText(all![0]!)}`;
  });
  return [
    `${tried.length} changes × ${INTERLEAVINGS.length} interleavings: ${counts.join(", ")}. Refused:`,
    ...examples,
  ].join("\n");
}

/** What the compiler is wrong about, and why it says so; at most so many as one reads. */
export function faultsOf(tried: readonly Tried[]): string[][] {
  const wrong = tried.filter(({ fault }) => fault !== undefined);
  return wrong.slice(0, 20).map(({ label, fault, reasons }) => [label, fault!, ...reasons]);
}

/** A refused change with what goes wrong if it is deployed all the same. */
export function refusalText({ label, counterexample }: Tried): string {
  return `${label}: ${counterexample?.replaceAll("\n", "")}`;
}

interface Judged {
  readonly label: string;
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
  readonly released: readonly Version[];
  readonly now: Version;
}

/**
 * Releases one version after the other, and judges the last. `undefined`: one before was refused, which is another
 * history, or what the last one says of itself is wrong, whatever records hold.
 */
function judge({ label, versions }: History, running: Versions): Judged | undefined {
  let lockText: string | undefined;
  const released: Version[] = [];
  for (const [i, step] of versions.entries()) {
    const { useCases, diagnostics, lockText: next } = applyLock([step.useCase], lockText);
    if (i === versions.length - 1) {
      if (diagnostics.some(({ code }) => code === "unknown-former-name")) return undefined;
      return { label, refusals: diagnostics, released, now: run({ ...step, useCase: useCases[0]! }, running) };
    }
    if (diagnostics.length > 0) return undefined;
    released.push(run({ ...step, useCase: useCases[0]! }, running));
    lockText = releasedText(useCases, next);
  }
  return undefined;
}

/** By what they are: many histories begin with the same version. */
type Versions = Map<string, Version>;

function run({ useCase, ...meaning }: Step, running: Versions): Version {
  const identity = JSON.stringify([useCase.event, meaning.formerNames]);
  const version =
    running.get(identity) ??
    versionOf(useCase, ({ event, validate }) => samplesOf(event).filter((value) => !validate(value)), meaning);
  running.set(identity, version);
  return version;
}

function tryOut({ label, refusals, released, now }: Judged): Tried {
  const wrong =
    faultOf(released, now) ??
    released.map((old) => jsonFault(now, old)).find((fault) => fault) ??
    released
      .flatMap((sender, i) => released.slice(i + 1).map((by) => readInTwoWays(sender, by, now)))
      .find((fault) => fault);
  const tried = {
    label,
    codes: refusals.map(({ code }) => code),
    reasons: refusals.map(({ code, message }) => `${code}: ${message}`),
  };
  if (refusals.length > 0) {
    const fault = wrong === undefined ? "is refused, and nothing goes wrong" : undefined;
    return { ...tried, order: "refused", counterexample: wrong, fault };
  }
  const last = released.at(-1)!;
  const { order } = verdictOf(last.event, last.event.version, now.event);
  if (wrong !== undefined) return { ...tried, order, counterexample: undefined, fault: `is accepted, but ${wrong}` };
  const misread = order === "readers-first" ? undefined : jsonMisreading(last, now);
  if (misread !== undefined)
    return { ...tried, order, counterexample: undefined, fault: `is accepted, but ${misread}` };
  const forward = unprotectedFault(last, now);
  if (order === "readers-first") {
    const fault = forward === undefined ? "is given an order, and needs none" : undefined;
    return { ...tried, order, counterexample: forward, fault };
  }
  const fault = forward === undefined ? undefined : `is free in its order, but ${forward}`;
  return { ...tried, order, counterexample: forward, fault };
}
