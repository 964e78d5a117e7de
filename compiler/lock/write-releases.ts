import { type Shape, shapeJson } from "../model/shape.ts";
import { block, commas, inline } from "../text/json-lines.ts";

type Named = Readonly<Record<string, Readonly<Record<string, unknown>> | readonly unknown[]>>;

/** Released versions: what is as it was in a version before is only that version's number, so that little is added. */
export function writeReleases(indent: string, releases: ReadonlyMap<number, Shape>): string[] {
  const known = new Map<string, number>();
  const ascending = [...releases].sort(([a], [b]) => a - b);
  return block(indent, "released", ascending, (indent, [version, shape]) => {
    const { event, messages, enums, unions } = shapeJson(shape);
    const inner = `${indent}  `;
    const named = (key: string, parts: Named) =>
      block(inner, key, Object.entries(parts), (indent, [name, part]) => {
        const identity = `${key} ${name} ${JSON.stringify(part)}`;
        const first = known.get(identity);
        known.set(identity, first ?? version);
        if (first !== undefined) return [`${indent}${JSON.stringify(name)}: ${first}`];
        if (Array.isArray(part)) return listOf(indent, name, part);
        return block(indent, name, Object.entries(part), (indent, [name, value]) => [
          `${indent}${JSON.stringify(name)}: ${inline(value)}`,
        ]);
      });
    const properties = [
      [`${inner}"event": ${JSON.stringify(event)}`],
      named("messages", messages),
      named("enums", enums),
      ...(Object.keys(unions).length > 0 ? [named("unions", unions)] : []),
    ];
    return [`${indent}"${version}": {`, ...commas(properties), `${indent}}`];
  });
}

function listOf(indent: string, name: string, items: readonly unknown[]): string[] {
  const lines = items.map((item) => [`${indent}  ${inline(item)}`]);
  return [`${indent}${JSON.stringify(name)}: [`, ...commas(lines), `${indent}]`];
}
