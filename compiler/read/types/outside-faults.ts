import { ts } from "ts-morph";
import { type Diagnostic, diagnostic, type Related } from "../../diagnostics/diagnostics.ts";
import type { Reading } from "../reading.ts";
import { namedBy, rootPath } from "./names.ts";
import type { OutsideFault } from "./reader.ts";
import { namesParameter } from "./type-text.ts";
import { isObject, readWhole } from "./whole.ts";

/** So many are told; what is wrong with a type of thousands of fields is no longer read one by one. */
const MAX_TOLD = 5;

/** What can't be sent of a type, in words. */
interface Part {
  readonly path: string;
  readonly found: string;
  readonly reason: string;
  readonly fix: string;
  readonly declared: ts.Node | undefined;
}

/**
 * Reports what packages' types have that can't be sent: one error a type, at the place where the project's own sources
 * name it, with the path to each part and where it is declared. `Portable` is offered where it is taken.
 */
export function reportOutside(faults: readonly OutsideFault[], reading: Reading): void {
  for (const [node, alike] of Map.groupBy(faults, ({ place }) => place.node)) {
    const from = packageOf(alike[0]!.place.outside);
    const type = ts.isTypeNode(node) ? node.getText().replace(/\s+/g, " ") : undefined;
    const isPortable = alike.some(({ place }) => place.portable);
    const offered = isPortable || !ts.isTypeNode(node) ? undefined : tryPortable(node, alike[0]!.place, reading);
    // What Portable sees to is not worth a word where it is no way out.
    const found = offered?.parts.length ? offered.parts : alike.map(partOf);
    const parts = [...new Map(found.map((part) => [`${part.path} ${part.found} ${part.reason}`, part])).values()];
    const told = parts.slice(0, MAX_TOLD);
    reading.report(
      "unsupported-type-of-package",
      reading.span(node),
      {
        type,
        from,
        parts: told,
        more: parts.length - told.length,
        fixes: [...new Set(told.map(({ fix }) => fix))],
        portable: isPortable || !offered ? "written" : offered.parts.length > 0 ? "no way out" : offered.as,
      },
      told.flatMap((part) => relatedOf(part, reading)),
    );
  }
}

function partOf({ place, found, reason, fix }: OutsideFault): Part {
  return { path: place.path, found, reason, fix, declared: place.outside };
}

function relatedOf({ path, declared }: Part, reading: Reading): Related[] {
  return declared ? [{ message: `${path} is declared here.`, span: reading.span(declared) }] : [];
}

/** What `Portable` is where it is offered, and what of it would be refused all the same. */
interface Offer {
  readonly as: "a type" | "a field's type";
  readonly parts: readonly Part[];
}

/** Reads a type as `Portable`, since a way out that is refused in turn is none. */
export function tryPortable(
  node: ts.TypeNode,
  { depth, outside }: Pick<OutsideFault["place"], "depth" | "outside">,
  reading: Reading,
): Offer {
  // What a parameter stands for is not told by its name.
  if (namesParameter(node, reading.checker)) return { as: "a type", parts: [] };
  const type = reading.checker.getTypeFromTypeNode(node);
  const named = namedBy(type, node, reading);
  const path = rootPath(type, node, reading);
  const declared = named?.symbol.declarations?.[0] ?? outside;
  const name = named?.name ?? path;
  const place = { subject: path, path, name, node, written: node, depth, portable: true, contained: false };
  const others: Diagnostic[] = [];
  const trial: Reading = { ...reading, report: (...fault) => others.push(diagnostic(...fault)) };
  const { root, event, faults } = readWhole(type, { ...place, outside: declared }, trial);
  const parts = faults.map(partOf);
  for (const { message, fix } of others) {
    const reason = `of which the compiler says: ${message.replace(/\.$/, "")}`;
    parts.push({ path, found: node.getText(), reason, fix, declared });
  }
  if (root !== "reported" && root.kind === "refusal") {
    parts.push({ path, found: node.getText(), reason: root.reason, fix: root.fix, declared });
  }
  // An event is an object; a field may be anything.
  const isEvent = ts.isCallExpression(node.parent);
  return { as: isEvent && !(event && isObject(event)) ? "a field's type" : "a type", parts };
}

function packageOf(node: ts.Node): string {
  const path = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(node.getSourceFile().fileName)?.[1];
  return path ?? "a package";
}
