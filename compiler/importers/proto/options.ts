import type { Report } from "../report.ts";
import type { ProtoFile, ProtoOption } from "./file.ts";

/** What is documented, and may be deprecated. */
interface Documented {
  readonly doc: string;
  readonly options: readonly ProtoOption[];
}

/** The comment that a declaration here gets. */
export function docOf({ doc, options }: Documented): string {
  const isDeprecated = options.some(({ name, value }) => name === "deprecated" && value === "true");
  return [doc, isDeprecated ? "@deprecated" : ""].filter((text) => text !== "").join("\n\n");
}

/** Options that change neither values nor bytes, or that are seen to elsewhere. */
const KNOWN =
  /^(json_name|packed|deprecated|lazy|unverified_lazy|weak|ctype|jstype|retention|targets|debug_redact|allow_alias|map_entry|no_standard_descriptor_accessor|deprecated_legacy_json_field_conflicts|(features|edition_defaults)\b.*)$/;

/** Reports the options of a field or type that nothing here stands for. */
export function reportOptions(options: readonly ProtoOption[], { source }: ProtoFile, report: Report): void {
  for (const { name, value, at, end } of options) {
    if (KNOWN.test(name)) continue;
    const place = { source, at, end };
    if (name === "default") {
      const what = `An absent field is absent here, and not its default, ${value}.`;
      report("values-differ", place, { what, fix: "Fill it in in the handler." });
    } else if (name === "message_set_wire_format") {
      report("not-representable", place, {
        subject: "The message",
        found: name,
        reason: "an encoding that no type here has",
        fix: "Use an ordinary message.",
      });
    } else {
      const fix = "Write what it asks for as a rule of the type: Text<{ … }>, Int<{ … }>, List<…>.";
      report("rule-dropped", place, { rule: `The option ${name}`, reason: "fivefold doesn't know it", fix });
    }
  }
}
