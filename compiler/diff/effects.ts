import type { DefaultChange, Misreading, Reads } from "../evolution/misreading.ts";
import { typeText } from "./type-text.ts";

/** What a misreading comes to, for code of the version that was or that is now. */
export function effectOf(misreading: Misreading | DefaultChange, reader: "old" | "now"): string {
  const who = reader === "old" ? "old code" : "new code";
  const records = reader === "old" ? "new records" : "old records";
  switch (misreading.kind) {
    case "added":
      return `${who} ${readsIt(misreading.reads, records)}, which have none`;
    case "absence": {
      const state = misreading.was === "zero" ? "empty or zero" : misreading.was;
      return `${who} ${readsIt(misreading.reads, records)} where it is ${state}`;
    }
    case "rule":
      return `${who} is given what its rule '${misreading.rule}' forbids`;
    case "default":
      return `${who} reads it otherwise in records that have none`;
    case "unknown":
      return `${who} can't decode ${records} with it`;
    case "type":
      return `${who} reads ${typeText(misreading.was)} as ${typeText(misreading.is)}`;
    case "json":
      return `in JSON, ${who} is given ${misreading.was}, and takes ${misreading.is}`;
    case "name":
      return `in JSON, ${who} takes it for the ${misreading.what} that has its name`;
  }
}

function readsIt(reads: Reads, records: string): string {
  switch (reads) {
    case "fault":
      return `can't decode ${records}`;
    case "zero":
      return `reads it as empty or zero in ${records}`;
    case "default":
      return `reads it as its default in ${records}`;
    case "absent":
    case "null":
      return `reads it as ${reads} in ${records}`;
  }
}
