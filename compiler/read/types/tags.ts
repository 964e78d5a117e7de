import type { ts } from "ts-morph";

/** What a declaration's comment says of its history. */
export interface History {
  /** Names from `@was` tags. Absent: there are none. */
  readonly was?: readonly string[];
  /** The text of the `@default` tag. Absent: there is none. */
  readonly defaultText?: string;
}

/*
 * Comments are looked for in the text: TypeScript hangs none on a union's literals, and none that stand in the line of
 * the brace before, and a tag that is not seen would pass for none.
 */

export function historyOf(declaration: ts.Node | undefined): History {
  if (!declaration || !mentions(declaration.getSourceFile(), "@was", "@default")) return {};
  const tags = tagsIn(declaration.getSourceFile(), declaration.pos, declaration);
  const defaultText = tags.find(({ name }) => name === "default")?.text;
  return { ...formerNames(tags), ...(defaultText !== undefined && { defaultText }) };
}

/** The names that the members of a union had, by the nodes that are members now. */
export function formerNamesIn(union: ts.UnionTypeNode): ReadonlyMap<ts.TypeNode, Pick<History, "was">> {
  const source = union.getSourceFile();
  if (!mentions(source, "@was")) return new Map();
  // A comment may stand in front of the bar or behind it.
  const start = (i: number) => union.types[i - 1]?.end ?? union.pos;
  return new Map(union.types.map((node, i) => [node, formerNames(tagsIn(source, start(i), node))]));
}

interface Tag {
  readonly name: string;
  readonly text: string;
}

/** The tags of the doc comments in front of a node. */
function tagsIn(source: ts.SourceFile, from: number, node: ts.Node): Tag[] {
  const between = source.text.slice(from, node.getStart(source));
  const opens = from === 0 || "{=|(".includes(source.text[from - 1]!);
  return [...between.matchAll(/\/\*\*([\s\S]*?)\*\//g)].flatMap(({ 0: comment, 1: inner = "", index }) => {
    // One at the end of a line is about what stands before it.
    const isTrailing = !between.slice(0, index).includes("\n") && between.slice(index + comment.length).includes("\n");
    if (isTrailing && !opens) return [];
    const text = inner.replace(/^[ \t]*\*[ \t]?/gm, "");
    return Array.from(text.matchAll(/(?:^|\s)@(was|default)\b([\s\S]*?)(?=\s@\w|$)/g), ([, name = "", rest = ""]) => {
      return { name, text: rest.trim() };
    });
  });
}

/** The first word, or what is in quotes; an explanation may follow. */
function formerNames(tags: readonly Tag[]): Pick<History, "was"> {
  const texts = tags.filter(({ name }) => name === "was").map(({ text }) => text);
  const was = texts.map((text) => /^(?:"([^"]*)"|(\S+))/.exec(text)).map((match) => match?.[1] ?? match?.[2]);
  const names = was.filter((name) => name !== undefined);
  return names.length > 0 ? { was: names } : {};
}

/** Most files have no such tag: what is looked for is looked for once a file, for a package's may hold ten thousand fields. */
export function mentions(source: ts.SourceFile, ...tags: readonly string[]): boolean {
  const found = known.get(source) ?? new Map<string, boolean>();
  known.set(source, found);
  return tags.some((tag) => {
    const isThere = found.get(tag) ?? source.text.includes(tag);
    found.set(tag, isThere);
    return isThere;
  });
}

const known = new WeakMap<ts.SourceFile, Map<string, boolean>>();
