import type { Report, Source } from "./report.ts";
import type { Declaration, DeclaredField, Shape } from "./shape.ts";

/**
 * Reports types of which no value ends, such as a record that always holds another of its kind: a contract may declare
 * them, and nobody has ever sent one. A build would refuse what is written of it.
 */
export function reportEndless(declarations: readonly Declaration[], source: Source, report: Report): void {
  const finite = new Set<string>();
  const names = new Set(declarations.map(({ name }) => name));
  const ends = ({ text, members }: Shape): boolean =>
    members ? members.some(ends) : !names.has(text) || finite.has(text);
  const isEndless = ({ optional, shape }: DeclaredField) => !optional && !ends(shape);
  // What ends needs only what is known to end, so each round finds those of one level more.
  for (let before = -1; before < finite.size; ) {
    before = finite.size;
    for (const one of declarations) {
      const isOne = one.kind === "alias" ? ends(one.shape) : !one.fields.some(isEndless);
      if (isOne) finite.add(one.name);
    }
  }
  for (const one of declarations) {
    const field = one.kind === "interface" ? one.fields.find(isEndless) : undefined;
    if (!field) continue;
    const path = `${one.name}.${field.name}`;
    report(
      "not-representable",
      { source, at: 0, end: 0 },
      {
        subject: `'${path}'`,
        found: field.shape.text,
        reason: "which leads to itself by fields that are always there: no value of it ends",
        fix: `Make a field on that way optional, or leave this one out with \`--omit ${path}\`.`,
      },
    );
  }
}
