/** How Pulumi marks values that are more than JSON, where it hands them to a provider. */
const KIND = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** What `value` holds if it is wrapped as a secret or an output; an output without a value is unknown. */
function unwrapped(value: unknown): { readonly value: unknown; readonly secret: boolean } | undefined {
  const fields = fieldsOf(value);
  if (fields?.[KIND] === SECRET) return { value: fields.value, secret: true };
  if (fields?.[KIND] !== OUTPUT) return undefined;
  return { value: "value" in fields ? fields.value : UNKNOWN, secret: fields.secret === true };
}

/** The value without any marks; what is unknown stays so. */
export function plain(value: unknown): unknown {
  const inner = unwrapped(value);
  if (inner) return plain(inner.value);
  if (Array.isArray(value)) return value.map(plain);
  const fields = fieldsOf(value);
  return fields ? mapFields(fields, plain) : value;
}

/** Whether something in it is known only after other resources were made. */
export function hasUnknown(value: unknown): boolean {
  const bare = plain(value);
  if (Array.isArray(bare)) return bare.some(hasUnknown);
  const fields = fieldsOf(bare);
  return fields ? Object.values(fields).some(hasUnknown) : bare === UNKNOWN;
}

/** `value` with those parts marked as secrets that are so in `marked`, so that Pulumi encrypts them in its state. */
export function keepSecrets(marked: unknown, value: unknown): unknown {
  const inner = unwrapped(marked);
  if (inner?.secret) return { [KIND]: SECRET, value };
  if (inner) return keepSecrets(inner.value, value);
  if (Array.isArray(marked) && Array.isArray(value))
    return value.map((item, index) => keepSecrets(marked[index], item));
  const [markedFields, fields] = [fieldsOf(marked), fieldsOf(value)];
  if (!markedFields || !fields) return value;
  return mapFields(fields, (field, name) => keepSecrets(markedFields[name], field));
}

function mapFields(fields: Fields, change: (value: unknown, name: string) => unknown): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(value, name)]));
}
