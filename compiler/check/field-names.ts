import { type Diagnostic, diagnostic } from "../diagnostics/diagnostics.ts";
import type { Message } from "../model/model.ts";
import { snakeCase } from "../model/naming.ts";
import type { Check } from "./check.ts";

/** Fields are told apart by letter case in TypeScript, and by words in protobuf. */
export const checkFieldNames: Check = (useCases) =>
  useCases.flatMap(({ event }) => event.messages.flatMap(checkMessage));

function checkMessage({ name: message, fields }: Message): Diagnostic[] {
  const byName = Map.groupBy(fields, ({ name }) => snakeCase(name));
  return Array.from(byName, ([name, [first, ...others]]) => {
    if (!first) return [];
    if (name === "") {
      return [first, ...others].map(({ name: field, span }) => diagnostic("bad-field-name", span, { field, message }));
    }
    const related = [{ message: `'${first.name}' is here.`, span: first.span }];
    return others.map(({ name: field, span }) =>
      diagnostic("duplicate-field-name", span, { field, other: first.name, name, message }, related),
    );
  }).flat();
}
