/** A use case whose event is a type of a package that nobody here wrote. */
export function moduleOf(imported: string, from: string, event = imported): string {
  return `import { ${event === imported ? "" : "type Portable, "}useCase } from "fivefold";
import type { ${imported} } from "${from}";

export default useCase<${event}>({ owner: "team-events", handler: () => {} });
`;
}

/** The same as far as it can be sent. */
export function moduleOfPortable(imported: string, from: string): string {
  return moduleOf(imported, from, `Portable<${imported}>`);
}
