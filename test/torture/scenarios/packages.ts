import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { compile } from "../../../compiler/build/compile.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostics.ts";
import type { UseCase } from "../../../compiler/model/model.ts";
import { valuesOf } from "../../compiler/emit/arbitrary-values.ts";
import { load } from "../../compiler/emit/load.ts";
import { isKeptInJson, loadJson } from "../../compiler/emit/load-json.ts";
import { PACKAGE_TYPES, type PackageType, type Verdict } from "../../compiler/packages/types.ts";
import { writeProject } from "../../compiler/read/scratch-project.ts";
import { installTypePackages } from "../../parts/type-packages.ts";
import type { Scenario } from "../scenario.ts";

const VALUES = 20;

/**
 * Event types of packages that nobody here wrote: what a build says of each, as it is and as `Portable`. What is accepted brings
 * values back by bytes and by JSON; of what is refused, what is offered is taken.
 */
const scenario: Scenario = {
  async run({ seed, until, only = "" }) {
    const packages = await installTypePackages();
    const types = PACKAGE_TYPES.filter(({ type, statement }) => `${statement} ${type}`.includes(only));
    const counts: Record<Verdict, number> = { accepted: 0, portable: 0, refused: 0 };
    const faults: string[] = [];
    let slowestMs = 0;
    for (const type of types) {
      if (performance.now() > until) break;
      const startedAt = performance.now();
      const plain = await build(packages, type, type.type);
      const portable = await build(packages, type, `Portable<${type.type}>`);
      slowestMs = Math.max(slowestMs, Math.round(performance.now() - startedAt));
      const found = plain.useCase ? "accepted" : portable.useCase ? "portable" : "refused";
      counts[found]++;
      const tell = (fault: string) => void faults.push(`--only '${type.type}': ${type.type} ${fault}`);
      if (found !== type.verdict) tell(`is ${found} and was ${type.verdict}: ${JSON.stringify(plain.diagnostics)}`);
      const offers = plain.diagnostics.some(({ fix }) => fix.startsWith("Write `Portable<"));
      if (!plain.useCase && offers !== (found === "portable"))
        tell(`is ${found}: ${JSON.stringify(plain.diagnostics)}`);
      for (const { useCase } of [plain, portable]) {
        const fault = useCase && changedIn(useCase, seed);
        if (fault) tell(fault);
      }
    }
    return { did: { of: types.length, ...counts, slowestMs }, faults };
  },
};

interface Built {
  readonly useCase: UseCase | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

async function build(packages: string, { statement }: PackageType, event: string): Promise<Built> {
  const isReference = statement.startsWith("///");
  const root = writeProject("package-type", {
    "usecases/event.ts": `${isReference ? statement : ""}
import { type Portable, useCase } from "fivefold";
${isReference ? "" : statement}
export default useCase<${event}>({ owner: "team-events", handler: () => {} });
`,
  });
  symlinkSync(packages, join(root, "node_modules"));
  const { useCases, diagnostics } = await compile({ root, types: false });
  return { useCase: diagnostics.length === 0 ? useCases[0] : undefined, diagnostics };
}

/** What values of it are not when they come back. */
function changedIn(useCase: UseCase, seed: number): string | undefined {
  const code = load(useCase);
  const { fromJson, toJson } = loadJson(useCase, code);
  for (const value of fc.sample(valuesOf(useCase), { numRuns: VALUES, seed })) {
    const expected = withoutAbsent(value);
    const violations = code.validate(value);
    if (violations) return `refuses a value of its own: ${JSON.stringify(violations)}`;
    if (!isDeepStrictEqual(code.decode(code.encode(value)), expected)) return `changes by bytes: ${String(expected)}`;
    if (!isKeptInJson(useCase.event)) continue;
    if (!isDeepStrictEqual(fromJson(structuredClone(toJson(value))), expected))
      return `changes by JSON: ${String(expected)}`;
  }
  return undefined;
}

function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  const present = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(present.map(([name, one]) => [name, withoutAbsent(one)]));
}

export default scenario;
