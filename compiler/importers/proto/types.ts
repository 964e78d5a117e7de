import type { Source } from "../report.ts";
import type { ProtoEnum, ProtoFile, ProtoImport, ProtoMessage } from "./file.ts";
import { wellKnownFile } from "./well-known.ts";

/** A message or enum by its full name. */
export type ProtoType =
  | { readonly kind: "message"; readonly fullName: string; readonly file: ProtoFile; readonly declared: ProtoMessage }
  | { readonly kind: "enum"; readonly fullName: string; readonly file: ProtoFile; readonly declared: ProtoEnum };

export interface ProtoTypes {
  /** In the order of their declarations, the imported file's own first. */
  readonly all: readonly ProtoType[];
  /** Files that were not found. */
  readonly missing: readonly ProtoImport[];
  /** What a name stands for inside the message or package of that full name: looked up from there outwards. */
  resolve(name: string, scope: string): ProtoType | undefined;
}

/** A file's types, and those of what it imports. `parse` tells what is wrong with a file by itself. */
export function loadTypes(
  file: ProtoFile,
  readImport: (path: string) => Source | undefined,
  parse: (source: Source) => ProtoFile | undefined,
): ProtoTypes {
  const files = [file];
  const seen = new Set<string>();
  const missing: ProtoImport[] = [];
  for (const { imports } of files) {
    for (const found of imports) {
      if (seen.has(found.path)) continue;
      seen.add(found.path);
      const known = wellKnownFile(found.path);
      const source = known === undefined ? readImport(found.path) : { file: found.path, text: known };
      if (source && files.some((one) => one.source.file === source.file)) continue;
      const imported = source && parse(source);
      if (imported) files.push(imported);
      if (!source) missing.push(found);
    }
  }
  const all = files.flatMap((one) => typesOf(one.package, one, one));
  // Of two that have one name, which is reported, the first is meant.
  const byName = new Map(all.toReversed().map((type) => [type.fullName, type]));
  return {
    all,
    missing,
    resolve(name, scope) {
      if (name.startsWith(".")) return byName.get(name.slice(1));
      for (let at = scope; ; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
        const found = byName.get(at === "" ? name : `${at}.${name}`);
        if (found || at === "") return found;
      }
    },
  };
}

function typesOf(
  scope: string,
  file: ProtoFile,
  { messages, enums }: { readonly messages: readonly ProtoMessage[]; readonly enums: readonly ProtoEnum[] },
): ProtoType[] {
  const fullName = (name: string) => (scope === "" ? name : `${scope}.${name}`);
  return [
    ...messages.flatMap((declared): ProtoType[] => [
      { kind: "message", fullName: fullName(declared.name), file, declared },
      ...typesOf(fullName(declared.name), file, declared),
    ]),
    ...enums.map((declared): ProtoType => ({ kind: "enum", fullName: fullName(declared.name), file, declared })),
  ];
}
