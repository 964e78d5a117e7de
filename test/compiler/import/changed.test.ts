import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ImportedContract, importContract } from "../../../compiler/import/import.ts";
import { compileContracts, SOURCES } from "./imported.ts";
import { createDraw, mutated } from "./mutations.ts";

/** Contracts of each file that are changed at random and can still be imported. */
const CONTRACTS = 40;

test.each(["shop/order.schema.json", "shop/parcel.avsc"])("whatever can be imported of %s compiles", async (file) => {
  const schema: unknown = JSON.parse(readFileSync(join(SOURCES, file), "utf8"));
  const draw = createDraw(20_261_124);
  const contracts: Record<string, ImportedContract> = {};
  for (let n = 0; Object.keys(contracts).length < CONTRACTS; n++) {
    expect(n).toBeLessThan(20 * CONTRACTS);
    const text = JSON.stringify(mutated(schema, draw)) ?? "";
    const { contract } = await importContract({ file, text, readImport: () => undefined });
    if (contract) contracts[`changed-${n}`] = contract;
  }
  const { useCases } = await compileContracts("changed", contracts);
  expect(useCases.size).toBe(CONTRACTS);
});
