import { ts } from "ts-morph";
import type { ArrayType, Field, Message } from "../../model/model.ts";
import { itemPlace } from "./collections.ts";
import { type Presence, presenceOf, presentOrNull, readElement, readPresent } from "./nullable.ts";
import type { Place, Scope, TypeReader } from "./reader.ts";
import { refuse } from "./refusal.ts";

const { ElementFlags } = ts;

/**
 * Tuples. Where all elements are of one type, which may go on without an end, they are a list of that type with so many
 * items; else a message with a field for each.
 */
export const readTuple: TypeReader = (type, place, scope) => {
  const { checker } = scope;
  if (!checker.isTupleType(type)) return undefined;
  const { target } = type as ts.TupleTypeReference;
  const rest = target.elementFlags.findIndex((flags) => flags & ElementFlags.Variable);
  if (rest >= 0 && rest < target.elementFlags.length - 1) {
    return refuse("and only the last element may be a rest", "Put the rest at the end, or write `T[]`.");
  }
  const elements = checker.getTypeArguments(type as ts.TypeReference).map((one) => elementOf(one, place, scope));
  const [first] = elements;
  const isSame = (element: Presence) => element.type === first?.type && element.hasNull === first.hasNull;
  const isList = elements.every((element, i) => isSame(element) && (!element.hasUndefined || isOptional(target, i)));
  if (!first || !isList) return scope.message(type, place);
  const items = readElement(
    first,
    itemPlace(place, () => undefined, "[]"),
    scope,
  );
  return items ? { ...asList(target), items } : "reported";
};

function elementOf(type: ts.Type, place: Place, scope: Scope): Presence {
  const presence = presenceOf(type, scope, place);
  return place.portable ? presentOrNull(presence) : presence;
}

function isOptional({ elementFlags }: ts.TupleType, i: number): boolean {
  return Boolean(elementFlags[i]! & ElementFlags.Optional);
}

function asList({ elementFlags, minLength, readonly }: ts.TupleType): Omit<ArrayType, "items"> {
  const isOpen = elementFlags.some((flags) => flags & ElementFlags.Variable);
  return {
    kind: "array",
    ...(minLength > 0 && { minItems: minLength }),
    ...(!isOpen && { maxItems: elementFlags.length }),
    ...(readonly && { readonly: true }),
  };
}

/** The elements of a tuple that is a message. */
export function readElements(
  type: ts.TupleTypeReference,
  name: string,
  around: Place,
  scope: Scope,
): Pick<Message, "fields" | "tuple"> {
  const { target } = type;
  const elements = scope.checker.getTypeArguments(type);
  const fields = target.elementFlags.map((flags, i): Field | undefined => {
    const isRest = Boolean(flags & ElementFlags.Variable);
    const declaration = target.labeledElementDeclarations?.[i];
    const label = declaration && ts.isIdentifier(declaration.name) ? declaration.name.text : undefined;
    const place = elementPlace(around, i, label, name, isRest);
    const element = elements[i];
    const presence = element && elementOf(element, place, scope);
    const read = presence && (isRest ? readElement(presence, place, scope) : readPresent(presence, place, scope));
    return (
      read && {
        name: String(i),
        ...(label !== undefined && { label }),
        type: isRest ? { kind: "array", items: read } : read,
        optional: !isRest && Boolean(flags & ElementFlags.Optional || presence.hasUndefined),
        doc: "",
        span: scope.span(place.node),
        number: 0,
      }
    );
  });
  const isOpen = target.elementFlags.some((flags) => flags & ElementFlags.Variable);
  return {
    fields: fields.filter((field) => field !== undefined),
    tuple: { isOpen, ...(target.readonly && { readonly: true }) },
  };
}

function elementPlace(around: Place, i: number, label: string | undefined, name: string, contained: boolean): Place {
  const node = around.written && writtenTuple(around.written);
  const element = node?.elements[i];
  const written = element && writtenElement(element);
  return {
    ...around,
    subject: `${label ? `'${label}'` : `Element ${i + 1}`} of ${around.subject}`,
    path: `${around.path}[${i}]`,
    name: `${name}-${label ?? `item${i + 1}`}`,
    node: written ?? around.node,
    written,
    contained,
  };
}

function writtenTuple(node: ts.TypeNode): ts.TupleTypeNode | undefined {
  if (ts.isParenthesizedTypeNode(node) || ts.isTypeOperatorNode(node)) return writtenTuple(node.type);
  return ts.isTupleTypeNode(node) ? node : undefined;
}

/** The element's type: of `...T[]` that of each. */
function writtenElement(node: ts.TypeNode | ts.NamedTupleMember): ts.TypeNode | undefined {
  if (ts.isNamedTupleMember(node)) return node.dotDotDotToken ? itemOf(node.type) : node.type;
  if (ts.isOptionalTypeNode(node)) return node.type;
  return ts.isRestTypeNode(node) ? itemOf(node.type) : node;
}

function itemOf(node: ts.TypeNode): ts.TypeNode | undefined {
  return ts.isArrayTypeNode(node) ? node.elementType : undefined;
}
