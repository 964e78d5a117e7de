import { expect, test } from "vitest";
import { verdictOf } from "../../../compiler/check/evolution/verdict.ts";
import { applyLock } from "../../../compiler/check/lock.ts";
import { releaseVersions } from "../../../compiler/check/release.ts";
import { faultOf, INTERLEAVINGS, jsonFault, unprotectedFault, type Version, versionOf } from "./deployment.ts";
import { family, type History, type Step } from "./family.ts";
import { samplesOf } from "./samples.ts";

/*
 * The guarantee, tried: the compiler judges each change of the family, then the code that is generated for the versions
 * runs, in every order of deployment. Nothing that it accepts may go wrong, and what it refuses must.
 */

/** What the compiler says of a history's last version; `mistake`: what it says of itself is wrong, whatever records hold. */
type Judgement = "accepted" | "refused" | "mistake";

interface Judged {
  readonly label: string;
  readonly judgement: Judgement;
  readonly reasons: readonly string[];
  readonly released: readonly Version[];
  readonly now: Version;
}

/** Releases one version after the other, and judges the last. `undefined`: one before was refused, which is another history. */
function judge({ label, versions }: History): Judged | undefined {
  let lockText: string | undefined;
  const released: Version[] = [];
  for (const [i, step] of versions.entries()) {
    const { useCases, diagnostics, lockText: next } = applyLock([step.useCase], lockText);
    const isLast = i === versions.length - 1;
    if (isLast) {
      const isMistake = diagnostics.length > 0 && diagnostics.every(({ code }) => code === "unknown-former-name");
      const judgement = isMistake ? "mistake" : diagnostics.length > 0 ? "refused" : "accepted";
      const reasons = diagnostics.map(({ code, message }) => `${code}: ${message}`);
      return { label, judgement, reasons, released, now: run({ ...step, useCase: useCases[0]! }) };
    }
    if (diagnostics.length > 0) return undefined;
    released.push(run({ ...step, useCase: useCases[0]! }));
    lockText = releaseVersions(useCases, next).lockText;
  }
  return undefined;
}

/** Many histories begin with the same version. */
const running = new Map<string, Version>();

function run({ useCase, defaults }: Step): Version {
  const identity = JSON.stringify(useCase.event);
  const version =
    running.get(identity) ??
    versionOf(useCase, ({ event, validate }) => samplesOf(event).filter((value) => !validate(value)), defaults);
  running.set(identity, version);
  return version;
}

interface Tried {
  readonly order: string;
  /** What the compiler was wrong about. */
  readonly fault: string | undefined;
  /** Why the change is refused, or why it has an order. */
  readonly counterexample: string | undefined;
}

function tryOut({ judgement, released, now }: Judged): Tried {
  const wrong = faultOf(released, now) ?? released.map((old) => jsonFault(now, old)).find((fault) => fault);
  if (judgement === "refused") {
    const fault = wrong === undefined ? "is refused, and nothing goes wrong" : undefined;
    return { order: "refused", counterexample: wrong, fault };
  }
  if (wrong !== undefined) return { order: judgement, counterexample: undefined, fault: `is accepted, but ${wrong}` };
  const last = released.at(-1)!;
  const { order } = verdictOf(last.event, last.event.version, now.event);
  const forward = unprotectedFault(last, now);
  if (order === "readers-first" && forward === undefined) {
    return { order, counterexample: undefined, fault: "is given an order, and needs none" };
  }
  const fault = order !== "readers-first" && forward !== undefined ? `is free in its order, but ${forward}` : undefined;
  return { order, counterexample: forward, fault };
}

test("what is accepted never goes wrong, in no order, and what is refused does", () => {
  const judged = Array.from(family(), judge).filter((one) => one !== undefined);
  const tried = judged.filter(({ judgement }) => judgement !== "mistake").map((one) => ({ ...one, ...tryOut(one) }));
  const orders = Object.entries(Object.groupBy(tried, ({ order }) => order));
  const counts = orders.map(([order, all]) => `${all!.length} ${order}`).join(", ");
  console.info(`${tried.length} changes × ${INTERLEAVINGS.length} interleavings: ${counts}`);
  const faults = tried.filter(({ fault }) => fault !== undefined);
  expect(faults.slice(0, 20).map(({ label, fault, reasons }) => [label, fault, ...reasons])).toEqual([]);
  expect(tried.length).toBeGreaterThanOrEqual(2_000);
}, 120_000);
