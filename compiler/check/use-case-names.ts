import { diagnostic } from "../diagnostics/diagnostics.ts";
import { kebabCase } from "../model/naming.ts";
import type { Check } from "./check.ts";
import { brokenNameRule, legalName } from "./name-rules.ts";

/** A use case's name becomes a folder, a topic, a label and a workload's name. */
export const checkUseCaseNames: Check = (useCases) =>
  useCases.flatMap(({ name, file, span }) => {
    const rule = brokenUseCaseNameRule(name);
    return rule ? [diagnostic("bad-use-case-name", span, { name, rule, suggestion: suggestFile(file) })] : [];
  });

/** Completes "the name 'x' …" with the rule that a use case's name breaks. `undefined`: it is legal. */
export function brokenUseCaseNameRule(name: string): string | undefined {
  return (
    brokenNameRule(name) ?? (name === RESERVED ? `is taken: generated/${RESERVED}/ holds all contracts` : undefined)
  );
}

/** The folder beside those of the use cases. */
const RESERVED = "contracts";

function suggestFile(file: string): string {
  const segments = file.replace(/\.ts$/, "").split("/").slice(1);
  const legal = segments.map((segment) => legalName(kebabCase(segment), "task"));
  const tooLong = brokenNameRule(legal.join("-")) !== undefined;
  const path = tooLong ? legalName(legal.at(-1) ?? "", "task") : legal.join("/");
  return `usecases/${path === RESERVED ? "contract" : path}.ts`;
}
