import type { JsonObject } from "../../text/json.ts";
import { stringAt } from "../json-source.ts";

/** Where a name is looked up. */
export type Namespace = string;

/** A record, enum or fixed, and the namespace that names inside it are of. */
export interface AvroDefinition {
  readonly json: JsonObject;
  readonly fullName: string;
  readonly namespace: Namespace;
}

const NAMED = ["record", "error", "enum", "fixed"];

/** `undefined`: it is no definition. */
export function definitionOf(json: JsonObject, around: Namespace): AvroDefinition | undefined {
  const name = stringAt(json, "name");
  if (!NAMED.includes(stringAt(json, "type") ?? "") || name === undefined) return undefined;
  const fullName = qualified(name, stringAt(json, "namespace") ?? around);
  return { json, fullName, namespace: fullName.slice(0, Math.max(0, fullName.lastIndexOf("."))) };
}

/** A name with dots is whole by itself. */
export function qualified(name: string, namespace: Namespace): string {
  return namespace === "" || name.includes(".") ? name : `${namespace}.${name}`;
}
