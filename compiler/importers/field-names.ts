import { snakeCase } from "../model/naming.ts";
import { mendByOmitting } from "./event.ts";
import type { Place, Report } from "./report.ts";

interface NamedField {
  readonly name: string;
  readonly place: Place;
}

/** Refuses fields whose names protobuf can't have, or can't tell apart, before the compiler does. */
export function checkFieldNames(fields: readonly NamedField[], owner: string, report: Report): void {
  const byName = Map.groupBy(fields, ({ name }) => snakeCase(name));
  for (const [name, [first, ...others]] of byName) {
    if (name === "") {
      for (const { name: field, place } of [first!, ...others]) {
        report("not-representable", place, {
          subject: `A field of ${owner}`,
          found: field,
          reason: "a name with neither a letter nor a digit, which protobuf can't have",
          fix: mendByOmitting(owner, field, "Rename it."),
        });
      }
    } else {
      for (const { name: field, place } of others) {
        const fix = mendByOmitting(owner, field, "Rename one of the two.");
        report("duplicate-name", place, { field, other: first!.name, owner, name, fix });
      }
    }
  }
}
