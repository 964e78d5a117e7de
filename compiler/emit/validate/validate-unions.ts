import type { Event, Type, Union, Variant } from "../../model/model.ts";
import type { Choice, ValueKind } from "../../model/tell-apart.ts";
import { type Code, list, literal, literalOf, when } from "../../text/source.ts";
import { pathSegment, property } from "../names.ts";
import { groupTests, inOrder, isOfKind, kindsOf } from "../variants.ts";
import { checkOf } from "./validate-checks.ts";
import { checkFunction, limits, partCall, partFunctions } from "./validate-functions.ts";
import type { Place, Validator } from "./validate-names.ts";

/** The function that sees which variant a value is of and checks it as such, and those for lists and maps among them. */
export function unionFunctions(union: Union, event: Event, validator: Validator): Code[] {
  const place = ({ number }: Variant): Place => ({ owner: union, path: String(number) });
  // A union and its variant are one level, as people see it.
  const call: Call = (variant) =>
    partCall(variant.type, "value", isMessage(variant.type) ? -1 : 0, place(variant), validator);
  const kinds = kindsOf(union, event);
  const rule = `must be ${anyOf(kinds.map(([kind]) => words(kind)))}`;
  const body = [
    ...(validator.recursive.has(union.name) ? limits(validator) : []),
    ...kinds.flatMap(([kind, choice]) => kindStatements(kind, choice, call, validator)),
    failed(rule, "describe"),
  ];
  return [
    ...checkFunction(`check${union.name}`, body, validator.isDeep({ kind: "union", name: union.name })),
    ...union.variants.flatMap((variant) => partFunctions(variant.type, place(variant), validator)),
  ];
}

/** The call of the function that checks a value as that variant. */
type Call = (variant: Variant) => string;

function isMessage({ kind }: Type): boolean {
  return kind === "message";
}

function kindStatements(kind: ValueKind, choice: Choice, call: Call, validator: Validator): Code[] {
  const test = kind === "object" ? "isObject(value)" : isOfKind(kind, "value");
  const check = choice.kind === "variant" && checkOf(choice.variant.type, "value", validator.top);
  if (!check) {
    const statements = choose(choice, kind, call);
    const [only] = statements;
    return statements.length === 1 && typeof only === "string"
      ? [{ line: `if (${test}) ${only}`, lines: () => [`if (${test}) {`, statements, "}"] }]
      : [`if (${test}) {`, statements, "}"];
  }
  // What tells the kind need not be asked again.
  const wrong = check.wrong.filter((condition) => condition !== negated(test));
  if (wrong.length === 0) return [`if (${test}) return undefined;`];
  const statement = failed(`must be ${check.rule}`, check.describe);
  return [`if (${test}) {`, [when(wrong, check.operator), [statement], "}", "return undefined;"], "}"];
}

function failed(rule: string, describe: string): Code {
  return list("return failed(", [literal(rule), `${describe}(value)`], ");");
}

function negated(test: string): string {
  return test.includes(" instanceof ") ? `!(${test})` : test.replace("===", "!==");
}

/** Checks the value as the variant that it is of. */
function choose(choice: Choice, kind: ValueKind, call: Call): Code[] {
  if (choice.kind === "variant") return [`return ${call(choice.variant)};`];
  const { field, groups, isTag } = choice;
  const read = property("value", field);
  if (isTag) {
    const literals = groups.flatMap((group) => group.literals);
    const rule = `must be one of ${literals.map((value) => JSON.stringify(value)).join(", ")}`;
    const path = literal(kind === "list" ? `[${field}]` : pathSegment(field));
    return [
      `switch (${read}) {`,
      [
        ...groups.flatMap(({ literals, then }) => [
          ...literals.map((value) => `case ${literalOf(value)}:`),
          choose(then, kind, call),
        ]),
        "default:",
        [list("return add(", ["undefined", path, literal(rule), `quote(${read})`], ");")],
      ],
      "}",
    ];
  }
  const ordered = inOrder(groups);
  return ordered.flatMap((group, i) => {
    const statements = choose(group.then, kind, call);
    return i === ordered.length - 1 ? statements : [when(groupTests(group, read), "||"), statements, "}"];
  });
}

function words(kind: ValueKind): string {
  switch (kind) {
    case "date":
      return "a Date";
    case "bytes":
      return "a Uint8Array";
    case "list":
      return "an array";
    case "object":
      return "an object";
    default:
      return `a ${kind}`;
  }
}

function anyOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
