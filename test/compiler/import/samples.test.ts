import { expect, test } from "vitest";
import { importContract } from "../../../compiler/importers/import.ts";
import { loadJson } from "../emit/load-json.ts";
import { compileContracts } from "./imported.ts";

type Message = Record<string, unknown>;

const MESSAGES = 1_000;
const MUTANTS = 100;
const pick = <T>(n: number, ...values: T[]): T => values[(n * 7919) % values.length]!;
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const without = (name: string) => (message: Message) => {
  const { [name]: _, ...rest } = message;
  return rest;
};
const withOther = (name: string, value: unknown) => (message: Message) => ({ ...message, [name]: value });

interface Drawn {
  readonly make: (n: number) => Message;
  /** Each makes of a message one that differs from all that were seen. */
  readonly mutants: readonly ((message: Message) => unknown)[];
  /** Its interface as a person would write it, without comments. */
  readonly written: string;
}

const DRAWN: Readonly<Record<string, Drawn>> = {
  plain: {
    make: (n) => ({ name: `name ${n}`, count: n, isNew: n % 2 === 0, ratio: n / 3 }),
    mutants: [
      without("name"),
      withOther("name", 5),
      withOther("count", -1),
      withOther("count", 1.5),
      withOther("isNew", "yes"),
    ],
    written: "name: string; count: Int<{ min: 0 }>; isNew: boolean; ratio: number;",
  },
  optional: {
    make: (n) => ({ id: `i${n}`, ...(n % 3 === 0 && { note: `note ${n}` }) }),
    mutants: [without("id"), withOther("note", null), withOther("note", 1), withOther("more", 1)],
    written: "id: string; note?: string;",
  },
  nullable: {
    make: (n) => ({ id: `i${n}`, parent: n % 4 === 0 ? null : `p${n}` }),
    mutants: [without("parent"), withOther("parent", false), withOther("id", null)],
    written: "id: string; parent: string | null;",
  },
  mixed: {
    make: (n) => ({ id: n % 2 === 0 ? n : `order ${n}`, at: n }),
    mutants: [without("id"), withOther("id", null), withOther("id", true), withOther("id", [])],
    written: "id: string | Int<{ min: 0 }>; at: Int<{ min: 0 }>;",
  },
  choices: {
    make: (n) => ({ state: pick(n, "paid", "sent", "lost"), tries: n % 5 }),
    mutants: [withOther("state", "found"), withOther("state", ""), without("state"), withOther("tries", "1")],
    written: 'state: "lost" | "paid" | "sent"; tries: Int<{ min: 0 }>;',
  },
  dates: {
    make: (n) => ({ at: new Date(1.7e12 + n * 1_234_567).toISOString(), day: `2026-0${(n % 9) + 1}-11`, id: uuid(n) }),
    mutants: [
      withOther("at", "yesterday"),
      withOther("at", 5),
      withOther("day", "2026-13-01"),
      withOther("id", "none"),
    ],
    written: 'at: Date; day: Text<{ format: "date" }>; id: Text<{ format: "uuid" }>;',
  },
  nested: {
    make: (n) => ({ address: { street: `Street ${n}`, zip: `${10_000 + n}` }, id: n }),
    mutants: [
      without("address"),
      withOther("address", null),
      withOther("address", { street: "a" }),
      withOther("address", { street: "a", zip: 5 }),
    ],
    written: "address: Address; id: Int<{ min: 0 }>;",
  },
  lists: {
    make: (n) => ({
      tags: Array.from({ length: n % 4 }, (_, i) => `tag ${n * i}`),
      items: [{ sku: `s${n}`, count: n }],
    }),
    mutants: [without("tags"), withOther("tags", "a"), withOther("tags", [5]), withOther("items", [{ sku: "a" }])],
    written: "tags: string[]; items: Item[];",
  },
  maps: {
    make: (n) => ({
      labels: { [`key-${n % 300}`]: `value ${n}`, [`key-${(n * 7) % 300}`]: "x" },
      counts: { [`c${n}`]: n },
    }),
    mutants: [
      without("labels"),
      withOther("labels", []),
      withOther("labels", { a: 1 }),
      withOther("counts", { a: "b" }),
    ],
    written: "labels: Record<string, string>; counts: Record<string, Int<{ min: 0 }>>;",
  },
  signed: {
    make: (n) => ({ change: n - 500, exact: (n - 500) / 7, unit: pick(n, "EUR", "USD") }),
    mutants: [withOther("change", 0.5), withOther("exact", "1"), withOther("unit", "GBP"), withOther("unit", "eur")],
    written: 'change: Int; exact: number; unit: "EUR" | "USD";',
  },
};

const recorded = ({ make }: Drawn): Message[] => Array.from({ length: MESSAGES }, (_, n) => make(n));

async function importSamples(name: string, text: string) {
  return importContract({ file: `${name}.jsonl`, text, readImport: () => undefined });
}

test("a contract of recorded messages takes all of them, refuses what differs, and reads as a person writes it", async () => {
  const contracts: Record<string, NonNullable<Awaited<ReturnType<typeof importSamples>>["contract"]>> = {};
  for (const [name, drawn] of Object.entries(DRAWN)) {
    const text = recorded(drawn)
      .map((message) => JSON.stringify(message))
      .join("\n");
    const { contract, diagnostics } = await importSamples(name, text);
    expect([name, diagnostics.filter(({ severity }) => severity === "error")]).toEqual([name, []]);
    contracts[`take-${name}`] = contract!;
    const plain = contract!.text.replace(/\/\*\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ");
    expect(plain).toContain(`{ ${drawn.written} }`);
  }
  const { useCases } = await compileContracts("samples", contracts);
  for (const [name, drawn] of Object.entries(DRAWN)) {
    const { fromJson } = loadJson(useCases.get(`take-${name}`)!);
    const messages = recorded(drawn);
    for (const message of messages) expect(() => fromJson(message)).not.toThrow();
    for (let n = 0; n < MUTANTS; n++) {
      const mutant = drawn.mutants[n % drawn.mutants.length]!(messages[n * 10]!);
      expect(() => fromJson(mutant), `${name}: ${JSON.stringify(mutant)}`).toThrow();
    }
  }
}, 60_000);

test("what is no recording of events is refused", async () => {
  for (const text of [
    "",
    "\n\n",
    '{"a":1}\n{',
    "5\n6",
    '"text"',
    "[]",
    "null",
    `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  ]) {
    const { contract, diagnostics } = await importSamples("odd", text);
    expect([text.slice(0, 20), contract]).toEqual([text.slice(0, 20), undefined]);
    expect(diagnostics.map(({ severity }) => severity)).toContain("error");
  }
});
