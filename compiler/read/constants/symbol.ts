import { ts } from "ts-morph";
import { type Reading, resolveAlias } from "../reading.ts";
import { type Constant, isFault, notConstant, primitive } from "./constant.ts";

/** The value of what a name stands for, in whatever module it is declared. `node` is where the name is used. */
export function evaluateSymbol(
  symbol: ts.Symbol | undefined,
  node: ts.Node,
  reading: Reading,
  evaluate: (node: ts.Node) => Constant,
): Constant {
  const target = symbol && resolveAlias(reading.checker, symbol);
  const declaration = target?.valueDeclaration;
  if (!declaration) {
    const global = ts.isIdentifier(node) && GLOBALS.get(node.text);
    return global
      ? primitive(global.value, node)
      : notConstant(`'${node.getText()}' is neither declared nor imported`, node);
  }
  if (ts.isFunctionDeclaration(declaration)) return { kind: "function", node: declaration };
  if (ts.isEnumMember(declaration)) return primitive(reading.checker.getConstantValue(declaration), node);
  if (ts.isEnumDeclaration(declaration)) return evaluateEnum(declaration, reading);
  if (ts.isVariableDeclaration(declaration)) return evaluateVariable(declaration, node, reading, evaluate);
  if (ts.isBindingElement(declaration)) return evaluateBinding(declaration, node, evaluate);
  if (ts.isExportAssignment(declaration)) return evaluate(declaration.expression);
  if (ts.isParameter(declaration)) return notConstant("a parameter's value is known at run time only", node);
  return notConstant(`'${node.getText()}' is no constant`, node);
}

/** Names without a declaration that a `const` could have. */
const GLOBALS = new Map<string, { value: number | undefined }>([
  ["undefined", { value: undefined }],
  ["Infinity", { value: Number.POSITIVE_INFINITY }],
  ["NaN", { value: Number.NaN }],
]);

function evaluateVariable(
  declaration: ts.VariableDeclaration,
  node: ts.Node,
  reading: Reading,
  evaluate: (node: ts.Node) => Constant,
): Constant {
  if (!isConst(declaration)) {
    const global = GLOBALS.get(node.getText());
    if (global && reading.isBuiltin(declaration)) return primitive(global.value, node);
    return notConstant(`'${node.getText()}' is not declared with \`const\`, so it may change`, node);
  }
  if (declaration.initializer) return evaluate(declaration.initializer);
  // Of a package: its declarations say the value where it is one literal.
  const type = reading.checker.getTypeAtLocation(declaration);
  if (type.isStringLiteral() || type.isNumberLiteral()) return primitive(type.value, node);
  return notConstant(`'${node.getText()}' comes from a package that declares no value for it`, node);
}

/** `const { retry } = POLICY`. */
function evaluateBinding(element: ts.BindingElement, node: ts.Node, evaluate: (node: ts.Node) => Constant): Constant {
  const declaration = element.parent.parent;
  const key = element.propertyName ?? element.name;
  const plain = ts.isObjectBindingPattern(element.parent) && !element.dotDotDotToken && !element.initializer;
  if (!plain || !ts.isVariableDeclaration(declaration) || !isConst(declaration) || !declaration.initializer) {
    return notConstant("only names that are taken out of a constant object as they are, are worked out", node);
  }
  const whole = evaluate(declaration.initializer);
  if (isFault(whole)) return whole;
  if (whole.kind !== "object" || !ts.isIdentifier(key))
    return notConstant("it is taken out of no constant object", node);
  return whole.entries.get(key.text)?.value() ?? primitive(undefined, node);
}

function evaluateEnum(declaration: ts.EnumDeclaration, { checker }: Reading): Constant {
  const entries = declaration.members.map((member) => {
    const value = primitive(checker.getConstantValue(member), member);
    return [member.name.getText(), { name: member.name, expression: member, value: () => value }] as const;
  });
  return { kind: "object", entries: new Map(entries), node: declaration };
}

function isConst(declaration: ts.VariableDeclaration): boolean {
  return (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Const;
}
