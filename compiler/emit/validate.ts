import type { Event, UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { everyType } from "./every-type.ts";
import { header, imports, print } from "./source.ts";
import { messageFunctions } from "./validate-functions.ts";
import { createValidator } from "./validate-names.ts";
import * as parts from "./validate-parts.ts";

/** Violations that one call reports at most. */
const MAX_VIOLATIONS = 100;

/** `validate.ts`: the event's rules as straight-line code, which allocates nothing where they hold. */
export function emitValidate({ name, file, event }: UseCase): Output {
  const validator = createValidator(event);
  const isRecursive = validator.recursive.size > 0;
  const code = [
    header(file),
    imports(["Violation"], "fivefold/runtime", "type "),
    "",
    "type Found = Violation[] | undefined;",
    ...(event.messages.some(({ fields }) => fields.length > 0)
      ? ["", `const MAX_VIOLATIONS = ${MAX_VIOLATIONS};`]
      : []),
    ...validator.constants,
    ...(isRecursive ? ["", "/** Met in the running call. */", "let objects = 0;"] : []),
    "",
    `/** The rules of ${event.name} that a value breaks, ${MAX_VIOLATIONS} at most; \`undefined\`: none. Never throws. */`,
    "export function validate(value: unknown): readonly Violation[] | undefined {",
    [
      "try {",
      isRecursive ? ["objects = 0;", `return check${event.name}(value, 1);`] : [`return check${event.name}(value);`],
      "} catch {",
      ['return failed("must be an object whose properties can be read", "one that throws where it is read");'],
      "}",
    ],
    "}",
    ...event.messages.flatMap((message) => messageFunctions(message, validator)),
    ...usedParts(event, isRecursive)
      .map((part) => part.slice(1))
      .flatMap((part) => ["", ...part.split("\n")]),
  ];
  return { path: `generated/${name}/validate.ts`, text: print(code) };
}

function usedParts(event: Event, isRecursive: boolean): string[] {
  const types = everyType(event);
  const has = (kind: (typeof types)[number]["kind"]) => types.some((type) => type.kind === kind);
  const hasDate = types.some((type) => type.kind === "text" && type.format === "date");
  const hasInner = has("message") || has("array") || has("record");
  const hasLeaf = types.some(({ kind }) => kind !== "message" && kind !== "array" && kind !== "nullable");
  return [
    parts.IS_OBJECT,
    ...(has("record") ? [parts.IS_PLAIN_OBJECT] : []),
    ...(has("timestamp") ? [parts.IS_TIMESTAMP] : []),
    ...(hasDate ? [parts.IS_DATE] : []),
    parts.FAILED,
    ...(hasLeaf ? [parts.ADD] : []),
    ...(hasLeaf || hasInner ? [parts.NEST] : []),
    ...(isRecursive || has("array") || has("record") ? [parts.IS_FULL] : []),
    ...(has("record") ? [parts.KEY_PATH] : []),
    ...(has("enum") ? [parts.QUOTE] : []),
    parts.DESCRIBE,
  ];
}
