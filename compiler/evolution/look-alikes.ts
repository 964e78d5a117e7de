import type { Type } from "../model/model.ts";
import type { Shape } from "../model/shape.ts";
import type { Misreading } from "./misreading.ts";
import { pairsOf } from "./pairs.ts";
import { presentType } from "./presence.ts";

/*
 * What has gone and what has come in its place is often one thing under a new name. Nobody but its author knows, so it is
 * asked about.
 */

/** Former names that an added field may have had: of fields that are gone and look as it does. */
export function formerNamesOf(added: Misreading, old: readonly Shape[], now: Shape): string[] {
  const names = old.flatMap((shape) =>
    pairsOf(shape, now).messages.flatMap(([was, is]) => {
      const field = is.fields.find(({ name }) => is.name === added.owner && name === added.part);
      if (!field) return [];
      const kept = new Set(is.fields.flatMap(({ number, name }) => [number, name]));
      const gone = was.fields.filter(({ number, name }) => !kept.has(number) && !kept.has(name));
      return gone.filter(({ type }) => isAlike(type, shape, field.type, now)).map(({ name }) => name);
    }),
  );
  return [...new Set(names)];
}

/** Names that an enum's member or a union's variant, which is gone, may have now. */
export function newNamesOf(gone: Misreading & { readonly name: string }, old: readonly Shape[], now: Shape): string[] {
  const names = old.flatMap((shape) => {
    const { enums, unions } = pairsOf(shape, now);
    const members = enums.flatMap(([was, is]) => (is.name === gone.owner ? newcomers(was.members, is.members) : []));
    const variants = unions.flatMap(([was, is]) => {
      const before = was.variants.find(({ name }) => is.name === gone.owner && name === gone.name);
      if (!before) return [];
      return newcomers(was.variants, is.variants).filter(({ type }) => isAlike(before.type, shape, type, now));
    });
    return [...members, ...variants].map(({ name }) => name);
  });
  return [...new Set(names)];
}

function newcomers<T extends { readonly name: string; readonly number: number }>(was: readonly T[], is: readonly T[]) {
  const known = new Set(was.flatMap(({ name, number }) => [name, number]));
  return is.filter(({ name, number }) => !known.has(number) && !known.has(name));
}

/** Whether two types are one but for the names of messages, enums and unions, as far as a look inside them tells. */
export function isAlike(was: Type, old: Shape, is: Type, now: Shape): boolean {
  return lookOf(presentType(was), old) === lookOf(presentType(is), now);
}

function lookOf(type: Type, { messages, enums, unions }: Shape): string {
  const kindsOf = (parts: readonly { readonly name: string; readonly type: Type }[] = []) =>
    parts.map(({ name, type }) => `${name} ${type.kind}`).sort();
  return JSON.stringify(type, (_, part: unknown) => {
    if (typeof part !== "object" || part === null || !("kind" in part)) return part;
    const { kind, name } = part as { readonly kind: Type["kind"]; readonly name?: string };
    if (kind === "message") return { kind, parts: kindsOf(messages.find((message) => message.name === name)?.fields) };
    if (kind === "union") return { kind, parts: unions.find((union) => union.name === name)?.variants.length };
    if (kind === "enum") {
      return { kind, parts: enums.find((one) => one.name === name)?.members.map(({ value }) => value) };
    }
    return part;
  });
}
