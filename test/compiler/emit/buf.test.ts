import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { marksOf } from "../../../compiler/emit/presence.ts";
import { emitProto } from "../../../compiler/emit/proto/proto.ts";
import type { Enum, Field, Message, Type, UseCase } from "../../../compiler/model/model.ts";
import type { Output } from "../../../compiler/model/output.ts";
import { model } from "./arbitrary.ts";
import { EVERYTHING, GENERATE_THUMBNAIL } from "./models.ts";
import { compileContracts } from "./protobuf-es.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

test("buf's linter has nothing to say of the contracts of examples and scenarios", () => {
  const files = globSync("{,test/scenarios/*/}generated/contracts/*.proto", { cwd: ROOT });
  expect(files.length).toBeGreaterThan(8);
  // A module of buf's holds each package once.
  const byName = new Map(files.map((path) => [basename(path), path]));
  const outputs = [...byName.values()].map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
  expect(compileContracts(outputs).lint).toEqual([]);
});

describe("a contract whose event has gained, lost and moved fields and literals", () => {
  const root = mkdtempSync(join(tmpdir(), "breaking-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const random = fc.sample(model, { numRuns: 60, seed: 20_261_124 });
  const useCases = [
    GENERATE_THUMBNAIL,
    EVERYTHING,
    ...random.map((useCase, i) => ({ ...useCase, name: `sample-${i}` })),
  ];

  test("breaks nobody who reads or writes it, in bytes or JSON, as buf sees it", () => {
    expect(breaking(useCases.map(emitProto), useCases.map(evolved).map(emitProto))).toEqual([]);
  });

  test("does break them where a number comes to mean something else, which buf tells", () => {
    const found = breaking([emitProto(GENERATE_THUMBNAIL)], [emitProto(retyped(GENERATE_THUMBNAIL))]);
    expect(found).toContainEqual(expect.stringContaining('"size_bytes"'));
  });

  /** What buf's rules for bytes and JSON have against the change from one set of contracts to another. */
  function breaking(before: readonly Output[], after: readonly Output[]): string[] {
    for (const [name, outputs] of [
      ["before", before],
      ["after", after],
    ] as const) {
      rmSync(join(root, name), { recursive: true, force: true });
      for (const { path, text } of outputs) {
        mkdirSync(dirname(join(root, name, path)), { recursive: true });
        writeFileSync(join(root, name, path), text);
      }
    }
    const config = JSON.stringify({ version: "v2", breaking: { use: ["WIRE_JSON"] } });
    const args = ["breaking", "--against", "../before", "--config", config];
    try {
      execFileSync(join(ROOT, "node_modules/.bin/buf"), args, {
        cwd: join(root, "after"),
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      return [];
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return `${stdout}${stderr}`.trim().split("\n");
    }
  }
});

/** As the lock numbers a later version: what is gone is reserved, what is new has a number that nothing had. */
function evolved(useCase: UseCase): UseCase {
  const { event } = useCase;
  return {
    ...useCase,
    event: { ...event, messages: event.messages.map(evolvedMessage), enums: event.enums.map(evolvedEnum) },
  };
}

function evolvedMessage(message: Message): Message {
  // Elements of tuples don't move, and what tells empty and null fields apart is there as long as there are such.
  const gone = message.fields.find((field) => isDeepStrictEqual(marksOf(without(message, field)), marksOf(message)));
  if (message.tuple || !gone) return message;
  const kept = without(message, gone).fields;
  const number = Math.max(...message.fields.map(({ number }) => number)) + 1;
  const added: Field = { ...gone, name: "brandNew", type: { kind: "text" }, optional: true, number };
  return { ...message, fields: [added, ...kept.toReversed()], removed: [{ name: gone.name, number: gone.number }] };
}

function without(message: Message, field: Field): Message {
  return { ...message, fields: message.fields.filter((other) => other !== field) };
}

function evolvedEnum(union: Enum): Enum {
  const [gone, ...kept] = union.members;
  const added = { name: "brandNew", value: "brandNew", number: union.members.length + 1 };
  return { ...union, members: [added, ...kept.toReversed()], removed: [{ name: gone!.name, number: gone!.number }] };
}

function retyped(useCase: UseCase): UseCase {
  const [root, ...others] = useCase.event.messages;
  const text: Type = { kind: "text" };
  const fields = root!.fields.map((field) => (field.name === "sizeBytes" ? { ...field, type: text } : field));
  return { ...useCase, event: { ...useCase.event, messages: [{ ...root!, fields }, ...others] } };
}
