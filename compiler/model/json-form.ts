import type { Type } from "./model.ts";
import type { Shape, ShapeField, ShapeMessage, ShapeUnion } from "./shape.ts";
import { type Distinction, tellApart } from "./tell-apart.ts";

/*
 * How an event looks in JSON, where it differs from TypeScript: as protobuf's JSON has it, a timestamp is a string in
 * RFC 3339, bytes are one in base64, and integers of 64 bits are digits. All other values are what they are.
 */

/**
 * How a union's variants are told apart in JSON. They are not where TypeScript sees by the kind of a value what JSON has
 * as a string, as in `string | Date`: then a value is an object of one property, called like its variant.
 */
export function tellApartInJson(union: ShapeUnion, event: Shape): Distinction {
  const view = jsonView(event);
  return tellApart(view.unions.find(({ name }) => name === union.name)!, view);
}

const views = new WeakMap<Shape, Shape>();

/** The event with the types that its values have in JSON. */
function jsonView(event: Shape): Shape {
  const known = views.get(event);
  if (known) return known;
  const unions = event.unions.map((union) => ({
    ...union,
    variants: union.variants.map((variant) => ({ ...variant, type: inJson(variant.type) })),
  }));
  const view = {
    ...event,
    messages: event.messages.map((message) => ({
      ...message,
      fields: message.fields.map((field) => ({ ...field, type: fieldInJson(message, field) })),
    })),
    unions: [...unions, ...unions.map(orObject)],
  };
  views.set(event, view);
  return view;
}

/** A union that a field has: whether its values are objects in JSON may depend on what is being told apart. */
function orObject({ name, variants, ...union }: ShapeUnion): ShapeUnion {
  const object = { name: "object", type: { kind: "record", values: { kind: "text" } }, number: 0 } as const;
  return { ...union, name: `${name} or object`, variants: [...variants, object] };
}

function fieldInJson(message: ShapeMessage, field: ShapeField): Type {
  const type = inJson(field.type);
  return isSkippable(message, field) ? { kind: "nullable", of: type } : type;
}

/** Whether it is a tuple's element that may be absent before others: JSON has null in its place. */
export function isSkippable({ tuple, fields }: ShapeMessage, field: ShapeField): boolean {
  const canBeNull = ["json", "null", "nullable"].includes(field.type.kind);
  return tuple !== undefined && field.optional && field !== fields.at(-1) && !canBeNull;
}

/** A field's or a variant's type. */
function inJson(type: Type): Type {
  switch (type.kind) {
    case "timestamp":
    case "bytes":
    case "bigint":
      return { kind: "text" };
    case "nullable":
      return { kind: "nullable", of: inJson(type.of) };
    case "array":
      return { ...type, items: inJson(type.items) };
    case "union":
      return { kind: "union", name: `${type.name} or object` };
    case "text":
    case "int":
    case "float":
    case "boolean":
    case "null":
    case "json":
    case "enum":
    case "message":
    case "record":
      return type;
  }
}
