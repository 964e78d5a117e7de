import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Choice {
  /** The event, where it is another type than the imported one. */
  readonly event?: string;
  /** What stands before the use case, which has Json in it. */
  readonly before?: string;
}

/** A use case whose event is a type of a package that nobody here wrote. */
export function moduleOf(imported: string, from: string, { event = imported, before = "" }: Choice = {}): string {
  return `import { ${before === "" ? "" : "type Json, "}useCase } from "fivefold";
import type { ${imported} } from "${from}";
${before}
export default useCase<${event}>({ owner: "team-events", handler: () => {} });
`;
}

/** The type that the documentation gives for types with `unknown` and the like in them. */
const KNOWN = /^type Known<T> = [^;]*;/m.exec(
  readFileSync(join(import.meta.dirname, "../../docs/types.md"), "utf8"),
)![0];

/** The same with `Json` where the type says nothing of values. */
export function moduleOfKnown(imported: string, from: string): string {
  return moduleOf(imported, from, { event: `Known<${imported}>`, before: KNOWN });
}
