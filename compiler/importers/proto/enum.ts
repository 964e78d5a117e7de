import type { LockedPart, LockedType } from "../../lock/lock-file.ts";
import { snakeCase } from "../../model/naming.ts";
import type { Report } from "../report.ts";
import type { ProtoEnum, ProtoFile, ProtoMember } from "./file.ts";
import { docOf, reportOptions } from "./options.ts";
import { type Gone, goneParts } from "./reserved.ts";

/** An enum as a union of literals. Its value 0 is none of them: on the wire it can't be told from absence. */
export interface ReadEnum {
  readonly literals: readonly string[];
  /** The literal that 0 would be; `undefined`: it has no value 0. */
  readonly zero: string | undefined;
  /** Whether the zero says by its name that nothing is said. */
  readonly isUnspecified: boolean;
  readonly doc: string;
  readonly locked: LockedType;
}

/** Names of a value 0 that means nothing by itself, as protobuf's style guide wants one to be. */
const UNSPECIFIED = /(^|_)(UNSPECIFIED|UNKNOWN|UNDEFINED)$/i;

export function readEnum(declared: ProtoEnum, file: ProtoFile, report: Report): ReadEnum {
  const place = ({ at, end }: { readonly at: number; readonly end: number }) => ({ source: file.source, at, end });
  const literalOf = literalNames(declared);
  reportOptions(declared.options, file, report);
  const byNumber = Map.groupBy(declared.members, ({ number }) => number);
  const members = Array.from(byNumber.values(), ([first]) => first!);
  for (const alias of declared.members.filter((member) => !members.includes(member))) {
    report("part-left-out", place(alias), {
      what: `${alias.name}, another name of number ${alias.number},`,
      reason: "a value has one name here",
      fix: "Nothing is lost on the wire.",
    });
  }
  for (const negative of members.filter(({ number }) => number < 0)) {
    report("not-representable", place(negative), {
      subject: negative.name,
      found: String(negative.number),
      reason: "and numbers of an enum's values start at 1 here",
      fix: "Give the value another number, if nobody has sent it yet, or remove it.",
    });
  }
  const zero = members.find(({ number }) => number === 0);
  const valued = members.filter(({ number }) => number > 0);
  const parts = valued.map((member): LockedPart => ({ name: literalOf(member), number: member.number, type: "" }));
  const gone: Gone = { owner: declared.name, parts, type: "", max: 2 ** 31 - 1 };
  return {
    literals: valued.map(literalOf),
    zero: zero && literalOf(zero),
    isUnspecified: zero !== undefined && UNSPECIFIED.test(zero.name),
    doc: [docOf(declared), ...valued.filter(({ doc }) => doc !== "").map((member) => memberDoc(member, literalOf))]
      .filter((text) => text !== "")
      .join("\n\n"),
    locked: {
      parts,
      removed: goneParts(declared.reserved, gone, (name) => withoutPrefix(name, declared), file, report),
    },
  };
}

function memberDoc(member: ProtoMember, literalOf: (member: ProtoMember) => string): string {
  return `${literalOf(member)}: ${member.doc}`;
}

/** Values' names without the enum's, where all have it in front as the style guide wants: KIND_IMAGE is IMAGE. */
function literalNames(declared: ProtoEnum): (member: ProtoMember) => string {
  const all = declared.members.every(({ name }) => withoutPrefix(name, declared) !== name);
  return ({ name }) => (all ? withoutPrefix(name, declared) : name);
}

function withoutPrefix(name: string, { name: owner }: ProtoEnum): string {
  const prefix = `${snakeCase(owner).toUpperCase()}_`;
  return name.startsWith(prefix) && name.length > prefix.length ? name.slice(prefix.length) : name;
}
