/*
 * What protobuf itself brings along, as far as it is plain messages: the fields and numbers of its files of these names.
 */

const STRUCT = `
/** An object of JSON. */
message Struct { map<string, Value> fields = 1; }
/** A value of JSON. */
message Value {
  oneof kind {
    NullValue null_value = 1;
    double number_value = 2;
    string string_value = 3;
    bool bool_value = 4;
    Struct struct_value = 5;
    ListValue list_value = 6;
  }
}
enum NullValue { NULL_VALUE = 0; }
/** A list of JSON. */
message ListValue { repeated Value values = 1; }`;

const WRAPPERS = (
  "Double double, Float float, Int64 int64, UInt64 uint64, Int32 int32, UInt32 uint32, Bool bool, String string, " +
  "Bytes bytes"
)
  .split(", ")
  .map((pair) => pair.split(" "))
  .map(([name, type]) => `message ${name}Value { ${type} value = 1; }`);

const BODIES: Readonly<Record<string, string>> = {
  any: `
/** A message of any type, encoded. */
message Any {
  /** Ends in the name of the message's type. */
  string type_url = 1;
  bytes value = 2;
}`,
  duration: `
/** A span of time. */
message Duration {
  int64 seconds = 1;
  /** Billionths of a second, with the sign of the seconds. */
  int32 nanos = 2;
}`,
  empty: "message Empty {}",
  field_mask: `
/** Names fields of a message. */
message FieldMask { repeated string paths = 1; }`,
  struct: STRUCT,
  timestamp: "message Timestamp { int64 seconds = 1; int32 nanos = 2; }",
  wrappers: WRAPPERS.join("\n"),
};

/** A file by the path that it is imported by. */
export function wellKnownFile(path: string): string | undefined {
  const name = /^google\/protobuf\/(\w+)\.proto$/.exec(path)?.[1] ?? "";
  return Object.hasOwn(BODIES, name) ? `syntax = "proto3"; package google.protobuf;${BODIES[name]}` : undefined;
}

/** The moment in time, which TypeScript has a type for. */
export const TIMESTAMP = "google.protobuf.Timestamp";
export const NULL_VALUE = "google.protobuf.NullValue";
