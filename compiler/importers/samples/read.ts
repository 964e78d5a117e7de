import { type ImportedEvent, type Reading, wholeOf } from "../event.ts";
import { readJsonSchema } from "../json-schema/read.ts";
import { inferSchema } from "./infer-schema.ts";

/** Reads recorded messages, one JSON value a line. `undefined`: they are no events, which has been reported. */
export function readSamples(reading: Reading): ImportedEvent | undefined {
  const { source, report } = reading;
  const values = [];
  for (const [i, line] of source.text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      values.push(JSON.parse(line));
    } catch (error) {
      const reason = `line ${i + 1} is no JSON: ${(error as Error).message}`;
      report("event-not-found", wholeOf(source), { reason, fix: "Record one message a line, as JSON." });
      return undefined;
    }
  }
  if (values.length === 0) {
    const [reason, fix] = ["the file holds no message", "Record one message a line, as JSON."];
    report("event-not-found", wholeOf(source), { reason, fix });
    return undefined;
  }
  // Places within the schema are none of the messages': what is said of them points to the first line.
  const inferred = { file: source.file, text: JSON.stringify(inferSchema(values)) };
  return readJsonSchema({
    ...reading,
    source: inferred,
    report: (code, _place, parameters) => report(code, wholeOf(source), parameters),
  });
}
