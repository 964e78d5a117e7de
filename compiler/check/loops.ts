import { type Diagnostic, diagnostic } from "../diagnostics/diagnostics.ts";
import type { Feed, UseCase } from "../model/model.ts";
import type { Check } from "./check.ts";

/**
 * Use cases that feed themselves, directly or by others, at once and without bound: one event, and their tasks fill every
 * process until somebody ends them.
 */
export const checkLoops: Check = (useCases) => {
  const byName = new Map(useCases.map((useCase) => [useCase.name, useCase]));
  const told = new Set<string>();
  return useCases.flatMap((useCase) => {
    const loop = told.has(useCase.name) ? undefined : loopFrom(useCase, byName);
    if (!loop) return [];
    for (const name of loop) told.add(name);
    return [warn(useCase, loop)];
  });
};

/** The shortest way from a use case back to itself on which nothing holds tasks up. */
function loopFrom(start: UseCase, byName: ReadonlyMap<string, UseCase>): readonly string[] | undefined {
  const ways: (readonly string[])[] = [[start.name]];
  const seen = new Set<string>();
  for (const way of ways) {
    const useCase = byName.get(way.at(-1)!);
    if (!useCase || isBounded(useCase)) continue;
    for (const { name } of useCase.feeds.filter(isAtOnce)) {
      if (name === start.name) return way;
      if (!seen.has(name)) ways.push([...way, name]);
      seen.add(name);
    }
  }
  return undefined;
}

function isAtOnce({ isDelayed }: Feed): boolean {
  return !isDelayed;
}

/** A rate, or events that are accepted once, hold a loop. */
function isBounded({ flowControl, frontend }: UseCase): boolean {
  return flowControl.rate !== null || frontend.dedupeBy !== null;
}

function warn({ span }: UseCase, loop: readonly string[]): Diagnostic {
  const way = [...loop, loop[0]].map((name) => `'${name}'`).join(" → ");
  return diagnostic("unbounded-loop", span, { way });
}
