import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ImportedContract, importContract } from "../../../compiler/importers/import.ts";
import { compileContracts, SOURCES } from "./imported.ts";
import { createDraw, mutated } from "./mutations.ts";

/** Contracts of each file that are changed at random and can still be imported. */
const CONTRACTS = 40;

/** A file with some of its words put in others' places, left out, or said twice. */
function shuffled(text: string, draw: (limit: number) => number): string {
  const words = text.split(/(?<=[\s;={}()<>,[\]])|(?=[\s;={}()<>,[\]])/);
  for (let changes = 1 + draw(2); changes > 0; changes--) {
    const [at, other] = [draw(words.length), words[draw(words.length)]!];
    words.splice(at, draw(2), ...(draw(2) === 0 ? [other] : []));
  }
  return words.join("");
}

test.each([
  ["shop/order.schema.json", changedJson],
  ["shop/parcel.avsc", changedJson],
  ["shop/order.proto", shuffled],
  ["shop/legacy.proto", shuffled],
])("whatever can be imported of %s compiles", async (file, change) => {
  const original = readFileSync(join(SOURCES, file), "utf8");
  const draw = createDraw(20_261_124);
  const contracts: Record<string, ImportedContract> = {};
  for (let n = 0; Object.keys(contracts).length < CONTRACTS; n++) {
    expect(n).toBeLessThan(20 * CONTRACTS);
    const readImport = (path: string) => {
      const imported = join(SOURCES, path);
      return existsSync(imported) ? { file: path, text: readFileSync(imported, "utf8") } : undefined;
    };
    const { contract } = await importContract({ file, text: change(original, draw), readImport });
    if (contract) contracts[`changed-${n}`] = contract;
  }
  const { useCases } = await compileContracts("changed", contracts);
  expect(useCases.size).toBeGreaterThan(0.9 * CONTRACTS);
});

test.each([
  ["node.avsc", { type: "record", name: "Node", fields: [{ name: "next", type: "Node" }] }, ["Node.next"]],
  [
    "tree.schema.json",
    {
      title: "Tree",
      type: "object",
      required: ["id", "left"],
      properties: { id: { type: "string" }, left: { $ref: "#/$defs/Leaf" } },
      $defs: { Leaf: { type: "object", required: ["up"], properties: { up: { $ref: "#" } } } },
    },
    ["Leaf.up", "Tree.left"],
  ],
])("what holds itself always is refused in %s, and named", async (file, contract, paths) => {
  const text = JSON.stringify(contract);
  const { contract: imported, diagnostics } = await importContract({ file, text, readImport: () => undefined });
  expect(imported).toBeUndefined();
  const faults = diagnostics.filter(({ severity }) => severity === "error");
  expect(faults.map(({ message }) => /^'([\w.]+)' is/.exec(message)?.[1]).sort()).toEqual(paths);
});

function changedJson(text: string, draw: (limit: number) => number): string {
  return JSON.stringify(mutated(JSON.parse(text), draw)) ?? "";
}
