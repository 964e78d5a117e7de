import { diagnostic } from "../diagnostics/diagnostics.ts";
import type { Check } from "./check.ts";

/** `a/b.ts` and `a-b.ts` make the same name. */
export const checkUniqueness: Check = (useCases) =>
  [...Map.groupBy(useCases, ({ name }) => name).values()].flatMap(([first, ...others]) => {
    if (!first) return [];
    const related = [{ message: "The name is taken here.", span: first.span }];
    return others.map(({ name, span }) => diagnostic("duplicate-use-case", span, { name, file: first.file }, related));
  });
