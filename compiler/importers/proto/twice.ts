import type { Report } from "../report.ts";
import type { ProtoEnum, ProtoFile, ProtoMessage } from "./file.ts";
import type { ProtoType } from "./types.ts";

/*
 * What is declared a second time: protoc refuses such files, and of the two nobody can tell which one is meant.
 */

interface Declared {
  readonly name: string;
  readonly at: number;
  readonly end: number;
}

/** Reports types of one full name, in one file or in two. */
export function reportTypesTwice(types: readonly ProtoType[], report: Report): void {
  for (const [, ...others] of Map.groupBy(types, ({ fullName }) => fullName).values()) {
    for (const { fullName, file, declared } of others)
      reportTwice(declared, `${fullName} is declared twice`, file, report);
  }
}

/** Reports fields of one number. Those of one name are seen to with those of one name in TypeScript. */
export function reportFieldsTwice({ name, fields }: ProtoMessage, file: ProtoFile, report: Report): void {
  for (const [number, [first, ...others]] of Map.groupBy(fields, ({ number }) => number)) {
    for (const other of others) {
      reportTwice(
        other,
        `'${first!.name}' and '${other.name}' of ${name} both have the number ${number}`,
        file,
        report,
      );
    }
  }
}

/** Reports values of one name. Those of one number are aliases. */
export function reportMembersTwice({ name: owner, members }: ProtoEnum, file: ProtoFile, report: Report): void {
  for (const [name, [, ...others]] of Map.groupBy(members, ({ name }) => name)) {
    for (const other of others) reportTwice(other, `${owner} has the value ${name} twice`, file, report);
  }
}

function reportTwice({ at, end }: Declared, reason: string, { source }: ProtoFile, report: Report): void {
  const fix = "Fix the file: protoc refuses it too.";
  report("bad-source", { source, at, end }, { format: "protobuf", reason, fix });
}
