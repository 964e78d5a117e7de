import type { Json, JsonObject } from "../../text/json.ts";
import type { Reading } from "../event.ts";
import { placeOf } from "../json-source.ts";
import type { Declaration } from "../shape.ts";
import type { NotedUnion } from "../tell-apart.ts";
import type { AvroDefinition, Namespace } from "./names.ts";

/** What reading a definition may ask for. */
export interface AvroScope {
  readonly reading: Reading;
  /** The definition's name in TypeScript. */
  readonly owner: string;
  readonly namespace: Namespace;
  readonly resolve: (name: string) => AvroDefinition | undefined;
  /** The definition that stands there. */
  readonly definitionAt: (json: JsonObject) => AvroDefinition | undefined;
  /** The name that a definition is declared by; it is declared. */
  readonly declare: (definition: AvroDefinition) => string;
  /** Notes a union, which is looked at once all that it leads to is read. */
  readonly noteUnion: (union: NotedUnion) => void;
}

/** Reports what no Avro schema can say; nothing is declared. */
export function wrong(json: Json, reason: string, { reading: { report, source } }: AvroScope): Declaration[] {
  const fix = "Fix the file, as Avro's specification has it.";
  report("bad-source", placeOf(source, json), { format: "Avro schema", reason, fix });
  return [];
}
