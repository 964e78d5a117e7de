import { ts } from "ts-morph";
import type { Related } from "../../diagnostics.ts";
import type { OutsideFault, Scope } from "./reader.ts";

/** So many are told; what is wrong with a type of thousands of fields is no longer read one by one. */
const MAX_TOLD = 5;

/**
 * Reports what packages' types have that can't be sent: one error a type, at the place where the project's own sources
 * name it, with the path to each part and where it is declared.
 */
export function reportOutside(faults: readonly OutsideFault[], scope: Scope): void {
  for (const [node, alike] of Map.groupBy(faults, ({ place }) => place.node)) {
    const parts = [
      ...new Map(alike.map((fault) => [`${fault.place.path} ${fault.found} ${fault.reason}`, fault])).values(),
    ];
    const told = parts.slice(0, MAX_TOLD);
    const related = told.map(({ place }): Related => {
      return { message: `${place.path} is declared here.`, span: scope.span(place.outside) };
    });
    const type = ts.isTypeNode(node) ? node.getText().replace(/\s+/g, " ") : undefined;
    scope.report(
      "unsupported-type-of-package",
      scope.span(node),
      {
        type,
        from: packageOf(told[0]!.place.outside),
        parts: told.map(({ place, found, reason }) => ({ path: place.path, found, reason })),
        more: parts.length - told.length,
        mends: [...new Set(told.map(({ mend }) => mend))],
        isPortable: type !== undefined && /^Portable\b/.test(type),
      },
      related,
    );
  }
}

function packageOf(node: ts.Node): string {
  const path = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(node.getSourceFile().fileName)?.[1];
  return path ?? "a package";
}
