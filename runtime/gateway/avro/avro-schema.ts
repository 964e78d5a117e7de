/** A schema of Avro, as JSON: a primitive's or a name, a union, or a definition with attributes. */
export type AvroSchema = string | readonly AvroSchema[] | AvroDefinition;

export interface AvroDefinition {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly fields?: readonly AvroField[];
  readonly symbols?: readonly string[];
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
  readonly logicalType?: string;
  /** What the compiler adds for who reads into TypeScript: see docs/contracts.md. */
  readonly jsonType?: "bigint" | "uint64" | "json" | "tuple" | "open-tuple" | "union";
  readonly jsonValues?: Readonly<Record<string, unknown>>;
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroSchema;
  readonly jsonName?: string;
  readonly jsonOptional?: boolean;
}

const PRIMITIVES = new Set(["null", "boolean", "int", "long", "float", "double", "bytes", "string"]);

const isPrimitive = (name: string): boolean => PRIMITIVES.has(name);

export function fullName(name: string, namespace: string): string {
  return name.includes(".") || namespace === "" ? name : `${namespace}.${name}`;
}

export const namespaceOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf(".")));

/** The Parsing Canonical Form of Avro 1.12: schemas that have the same one read the same bytes alike. */
export function canonicalForm(schema: AvroSchema, namespace = ""): string {
  if (typeof schema === "string") return JSON.stringify(isPrimitive(schema) ? schema : fullName(schema, namespace));
  if (Array.isArray(schema)) return `[${schema.map((branch) => canonicalForm(branch, namespace)).join()}]`;
  const { type, name, fields, symbols, items, values, ...rest } = schema as AvroDefinition;
  if (typeof type !== "string") return canonicalForm(type, namespace);
  if (isPrimitive(type)) return JSON.stringify(type);
  const named = name === undefined ? "" : fullName(name, rest.namespace ?? namespace);
  const inside = name === undefined ? namespace : namespaceOf(named);
  const field = ({ name, type }: AvroField) => `{"name":${JSON.stringify(name)},"type":${canonicalForm(type, inside)}}`;
  const parts = [
    ...(name === undefined ? [] : [`"name":${JSON.stringify(named)}`]),
    `"type":${JSON.stringify(type)}`,
    ...(fields ? [`"fields":[${fields.map(field).join()}]`] : []),
    ...(symbols ? [`"symbols":${JSON.stringify(symbols)}`] : []),
    ...(items ? [`"items":${canonicalForm(items, inside)}`] : []),
    ...(values ? [`"values":${canonicalForm(values, inside)}`] : []),
  ];
  return `{${parts.join()}}`;
}

const EMPTY = 0xc15d213aa4d7a795n;

const TABLE = Array.from({ length: 256 }, (_, i) => {
  let fingerprint = BigInt(i);
  for (let bit = 0; bit < 8; bit++) fingerprint = (fingerprint >> 1n) ^ (EMPTY & -(fingerprint & 1n));
  return BigInt.asUintN(64, fingerprint);
});

/** CRC-64-AVRO of a schema, in the 8 bytes that precede a single object. */
export function fingerprintOf(schema: AvroSchema): Buffer {
  let fingerprint = EMPTY;
  for (const byte of Buffer.from(canonicalForm(schema))) {
    fingerprint = (fingerprint >> 8n) ^ TABLE[Number((fingerprint ^ BigInt(byte)) & 0xffn)]!;
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(fingerprint);
  return bytes;
}
