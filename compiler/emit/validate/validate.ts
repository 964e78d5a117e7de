import type { Event, Type, UseCase } from "../../model/model.ts";
import type { Output } from "../../model/output.ts";
import type { Choice } from "../../model/tell-apart.ts";
import { TEXT_FORMATS } from "../../settings/text-formats.ts";
import { type Code, header, imports, print } from "../../text/source.ts";
import { everyKind, everyType } from "../every-type.ts";
import { presentType } from "../presence.ts";
import { kindsOf } from "../variants.ts";
import { elementOf, isWrapped } from "../wrappers.ts";
import { messageFunctions } from "./validate-functions.ts";
import { createValidator } from "./validate-names.ts";
import * as parts from "./validate-parts.ts";
import { unionFunctions } from "./validate-unions.ts";

/** Violations that one call reports at most. */
const MAX_VIOLATIONS = 100;

/** `validate.ts`: the event's rules as straight-line code, which allocates nothing where they hold. */
export function emitValidate(useCase: UseCase): Output {
  const { name, file, event } = useCase;
  const validator = createValidator(useCase);
  const isRecursive = validator.recursive.size > 0;
  const code: Code[] = [
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
  ];
  for (const message of event.messages) code.push(...messageFunctions(message, validator));
  for (const union of event.unions) code.push(...unionFunctions(union, event, validator));
  // Each stands at the start of lines, so that it is printed as one.
  code.push(...usedParts(event, isRecursive));
  return { path: `generated/${name}/validate.ts`, text: print(code) };
}

function usedParts(event: Event, isRecursive: boolean): string[] {
  const types = everyType(event);
  const kinds = everyKind(event);
  const tests = types.flatMap((type) => (type.kind === "text" && type.format ? [TEXT_FORMATS[type.format].test] : []));
  const tested = new Set(tests.flatMap((test) => ("code" in test ? [test.code] : [])));
  const hasKeys = types.some((type) => type.kind === "record" && type.keys);
  const unions = event.unions.flatMap((union) => kindsOf(union, event));
  const hasTag = unions.some(([, choice]) => hasTagIn(choice));
  const checked = checkedTypes(event);
  const hasLeaf = hasTag || kinds.has("record") || checked.some((type) => !isOwnFunction(type));
  return [
    parts.IS_OBJECT,
    ...(kinds.has("json") ? [parts.IS_JSON] : []),
    ...(kinds.has("record") || kinds.has("json") ? [parts.IS_PLAIN_OBJECT] : []),
    ...(kinds.has("timestamp") ? [parts.IS_TIMESTAMP] : []),
    ...tested,
    parts.FAILED,
    ...(hasLeaf ? [parts.ADD] : []),
    ...(hasLeaf || checked.length > 0 ? [parts.NEST] : []),
    ...(isRecursive || kinds.has("array") || kinds.has("record") ? [parts.IS_FULL] : []),
    ...(kinds.has("record") ? [parts.KEY_PATH] : []),
    ...(kinds.has("enum") || hasTag || hasKeys ? [parts.QUOTE] : []),
    parts.DESCRIBE,
  ];
}

/** Types of fields and of elements, which are checked as part of something; not so the variants of a union. */
function checkedTypes({ messages, unions }: Event): Type[] {
  const types: Type[] = [];
  const addInside = (type: Type): void => {
    if (!isWrapped(type)) return;
    const element = elementOf(type);
    if (type.kind !== "nullable") types.push(presentType(element));
    addInside(element);
  };
  for (const { fields } of messages) {
    for (const { type } of fields) {
      types.push(presentType(type));
      addInside(type);
    }
  }
  for (const { variants } of unions) for (const { type } of variants) addInside(type);
  return types;
}

function isOwnFunction({ kind }: Type): boolean {
  return kind === "message" || kind === "union" || kind === "array" || kind === "record";
}

function hasTagIn(choice: Choice): boolean {
  return choice.kind === "field" && (choice.isTag || choice.groups.some(({ then }) => hasTagIn(then)));
}
