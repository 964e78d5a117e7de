import { diagnostic } from "../diagnostics/diagnostics.ts";
import { kebabCase } from "../model/naming.ts";
import type { Check } from "./check.ts";

/**
 * Room for a name in the names made of it: Kubernetes takes 63 characters and puts up to 11 of its own behind a
 * workload's name (`-` and a hash).
 */
const MAX_LENGTH = 52;

/** Names of devices on Windows, which no file or folder can have there. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/** Completes "the name 'x' …" with the rule that a name breaks. `undefined`: it is legal wherever it goes. */
function brokenNameRule(name: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    return "is not lower-case words joined by hyphens, the first beginning with a letter";
  }
  if (name.length > MAX_LENGTH) {
    return `has ${name.length} characters, above the ${MAX_LENGTH} that leave room in the names of Kubernetes objects`;
  }
  return DEVICES.test(name) ? "is a device's name on Windows, where no folder can have it" : undefined;
}

/** Makes a legal name of one that is not. */
function legalName(words: string, fallback: string): string {
  const trimmed = words
    .replace(/^[^a-z]+/, "")
    .slice(0, MAX_LENGTH)
    .replace(/-+$/, "");
  if (trimmed === "") return fallback;
  return brokenNameRule(trimmed) ? `${trimmed}-task` : trimmed;
}

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

/** A subscriber's name becomes a subscription's, and part of its dead letter topic's. */
export const checkSubscriberNames: Check = (useCases) =>
  useCases.flatMap(({ subscribers }) =>
    subscribers.flatMap(({ name, span }) => {
      const rule = brokenNameRule(name);
      const suggestion = legalName(kebabCase(name), "subscriber");
      return rule ? [diagnostic("bad-subscriber-name", span, { name, rule, suggestion })] : [];
    }),
  );
