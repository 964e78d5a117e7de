import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import examples from "@octokit/webhooks-examples";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { describe, expect, test } from "vitest";
import type { ImportedContract } from "../../../compiler/importers/import.ts";
import type { UseCase } from "../../../compiler/model/model.ts";
import { kebabCase } from "../../../compiler/model/naming.ts";
import { load } from "../emit/load.ts";
import { loadJson } from "../emit/load-json.ts";
import { compileContracts, contractOf, SOURCES } from "./imported.ts";
import { createDraw, mutated } from "./mutations.ts";

const SEED = 20_261_124;
const GITHUB = dirname(fileURLToPath(import.meta.resolve("@octokit/webhooks-schemas/schema.json")));

/** Why a value is refused; `undefined`: it is not. */
type Verdict = (value: unknown) => string | undefined;

/** A schema's verdict by ajv, formats included. */
function createAjv(file: string): (pointer: string) => Verdict {
  const ajv = new Ajv({ strict: false });
  formats.default(ajv);
  ajv.addSchema(JSON.parse(readFileSync(file, "utf8")) as object, "contract");
  return (pointer) => {
    const validate = ajv.getSchema(`contract#${pointer}`)!;
    return (value) => (validate(value) ? undefined : ajv.errorsText(validate.errors));
  };
}

/** A use case's verdict on JSON, and what comes out behind its codec. */
function createOurs(useCase: UseCase) {
  const { fromJson, toJson } = loadJson(useCase);
  const { encode, decode } = load(useCase);
  const verdict: Verdict = (value) => {
    try {
      fromJson(value);
      return undefined;
    } catch (error) {
      return String(error);
    }
  };
  return { verdict, carried: (value: unknown) => toJson(decode(encode(fromJson(value)))) };
}

/** What the two say differently of random mutations of a value. */
function disagreements(value: unknown, theirs: Verdict, ours: Verdict, draw: (limit: number) => number): string[] {
  return Array.from({ length: 50 }, () => mutated(value, draw)).flatMap((mutation) => {
    const [their, our] = [theirs(mutation), ours(mutation)];
    if ((their === undefined) === (our === undefined)) return [];
    return [`ajv: ${their ?? "valid"}, ours: ${our ?? "valid"}`];
  });
}

/** Contracts, each the one of a project's use cases, with what they were made of. */
async function importAll(project: string, file: string, root: string, types: readonly string[]) {
  const contracts: Record<string, ImportedContract> = {};
  for (const type of types) contracts[nameOf(type)] = await contractOf(file, { root, type });
  const { useCases } = await compileContracts(project, contracts);
  const ajv = createAjv(join(root, file));
  return types.map((type) => ({
    type,
    theirs: ajv(`/definitions/${encodeURIComponent(type)}`),
    ...createOurs(useCases.get(nameOf(type))!),
  }));
}

function nameOf(type: string): string {
  return kebabCase(type);
}

const WEBHOOKS = (
  "push$event issues$opened issues$edited issue_comment$created pull_request$opened pull_request$synchronize " +
  "check_suite$requested create$event commit_comment$created discussion$created fork$event gollum$event label$created " +
  "member$added milestone$created organization$member_added projects_v2_item$edited release$published star$created " +
  "repository$created status$event team$created watch$started workflow_run$completed"
).split(" ");

describe("GitHub's webhooks", async () => {
  const payloads = (examples as unknown as readonly { readonly examples: readonly unknown[] }[]).flatMap(
    ({ examples }) => examples,
  );
  const events = await importAll("github", "schema.json", GITHUB, WEBHOOKS);

  test.each(events)(
    "$type: example payloads are accepted and carried; changed ones, as ajv has it",
    ({ theirs, verdict, carried }) => {
      const valid = payloads.filter((payload) => theirs(payload) === undefined);
      expect(valid).not.toEqual([]);
      const draw = createDraw(SEED);
      for (const payload of valid) {
        expect(verdict(payload)).toBeUndefined();
        expect(theirs(carried(payload))).toBeUndefined();
        expect(disagreements(payload, theirs, verdict, draw)).toEqual([]);
      }
    },
  );
});

describe("a schema with all that can be imported", async () => {
  const contract = await contractOf("shop/order.schema.json");
  const { useCases } = await compileContracts("order-schema", { order: contract }, { types: true });
  const { verdict, carried } = createOurs(useCases.get("order")!);
  const theirs = createAjv(join(SOURCES, "shop/order.schema.json"))("");
  const order = {
    id: "2f1acc6c-7c3e-4a5b-9c0e-0a4f1b1d2e3f",
    email: "ada@example.org",
    total: 5e-324,
    placedAt: "2026-11-24T12:00:00.5+02:00",
    note: 'a"b',
    lines: [{ sku: "tea", count: 999, sub: [{ sku: "lid", count: 1 }] }],
    labels: { "": "none", größe: "XL" },
    status: "paid",
    payment: { kind: "bank", iban: "aaa" },
    ref: 7,
    blob: "AAEC",
    flag: true,
    level: 2,
    address: { zip: "10115" },
    any: { list: [1, null, { deep: true }] },
  };
  const { blob: _, ...rest } = order;
  const variants = [
    { ...rest, email: null, status: null, ref: "R-7", any: null, total: 1e6, payment: { kind: "card", card: "4111" } },
    { id: order.id, total: 1, placedAt: order.placedAt, lines: [{ sku: "", count: 1 }], payment: order.payment },
  ];

  test("valid values are accepted and carried", () => {
    for (const value of [order, ...variants]) {
      expect([theirs(value), verdict(value)]).toEqual([undefined, undefined]);
      const { placedAt: _, ...rest } = carried(value) as typeof order;
      const { placedAt: __, ...original } = value;
      expect(rest).toEqual(original);
    }
  });

  test("changed values are accepted where ajv accepts them", () => {
    const draw = createDraw(SEED);
    // Of base64, a schema says only that it should be some.
    for (const value of [rest, ...variants]) {
      for (let n = 0; n < 40; n++) expect(disagreements(value, theirs, verdict, draw)).toEqual([]);
    }
  });
});

test("alternatives by name are those of their own schema", async () => {
  const folder = join(SOURCES, "../cases/accepted-alternatives");
  const contract = await contractOf("source.json", { root: folder });
  const { useCases } = await compileContracts("alternatives", { choose: contract }, { types: true });
  const { verdict, carried } = createOurs(useCases.get("choose")!);
  const theirs = createAjv(join(folder, "source.json"))("");
  const draw = createDraw(SEED);
  const values = [
    { cases: ["camelCase", "snake_case"], inner: [1, 2], letter: "a", size: 3, either: "b", maybe: null, narrow: "a" },
    { cases: null, inner: "", letter: "b", size: "L", either: 0.5, maybe: "L" },
    { cases: [], inner: [], either: "L", maybe: 7 },
  ];
  for (const value of values) {
    expect([theirs(value), verdict(value), carried(value)]).toEqual([undefined, undefined, value]);
    for (const [name, others] of Object.entries({
      letter: ["L", 3],
      size: ["a", "b"],
      either: ["c"],
      narrow: ["c", "b"],
    })) {
      for (const other of others) {
        expect(verdict({ ...value, [name]: other })).toBeDefined();
        expect(theirs({ ...value, [name]: other })).toBeDefined();
      }
    }
    for (let n = 0; n < 10; n++) expect(disagreements(value, theirs, verdict, draw)).toEqual([]);
  }
});
