import { ts } from "ts-morph";
import { suggest } from "../suggestion.ts";

/** The rules of a constraint type by name. */
export type Rules = Readonly<Record<string, number | string>>;

/** Why rules can't hold. */
export interface Wrong {
  readonly kind: "wrong";
  readonly reason: string;
  readonly fix: string;
}

export function wrong(reason: string, fix: string): Wrong {
  return { kind: "wrong", reason, fix };
}

/** Reads `{ maxLength: 64 }`. Rules that are declared as optional are not set: that is how the defaults look. */
export function readRules(
  type: ts.Type,
  knows: Readonly<Record<string, "number" | "string">>,
  checker: ts.TypeChecker,
): { readonly kind: "rules"; readonly rules: Rules } | Wrong {
  const rules: Record<string, number | string> = {};
  for (const property of checker.getPropertiesOfType(type)) {
    const kind = knows[property.name];
    if (!kind) return unknownRule(property.name, Object.keys(knows));
    if (property.flags & ts.SymbolFlags.Optional) continue;
    const value = checker.getTypeOfSymbol(property);
    const literal = kind === "number" ? value.isNumberLiteral() : value.isStringLiteral();
    if (!literal || !value.isLiteral()) {
      return wrong(
        `'${property.name}' is \`${checker.typeToString(value)}\`, not one ${kind}`,
        `Write the ${kind} itself: \`${property.name}: ${kind === "number" ? "100" : '"…"'}\`.`,
      );
    }
    rules[property.name] = value.value as number | string;
  }
  return { kind: "rules", rules };
}

function unknownRule(name: string, known: readonly string[]): Wrong {
  const near = suggest(name, known);
  return wrong(`'${name}' is no rule; there are ${known.join(", ")}`, near ? `Write '${near}'.` : "Remove it.");
}
