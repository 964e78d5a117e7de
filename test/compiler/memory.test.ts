import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type Compilation, type CompileMemory, compile, createCompileMemory } from "../../compiler/build/compile.ts";
import { openProject } from "../../compiler/read/open-project.ts";
import { readProject } from "../../compiler/read/project.ts";

const PROJECTS = resolve(import.meta.dirname, "../../.fivefold/test-projects");
mkdirSync(PROJECTS, { recursive: true });
const root = mkdtempSync(join(PROJECTS, "memory-"));
afterAll(() => rmSync(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const useCase = (fields: string, owner = `"team-tests"`) => `import { type Text, useCase } from "fivefold";
import { LIMIT, type Shared } from "./shared.ts";
export interface Event { id: Text<{ maxLength: 9 }>; shared: Shared; ${fields} }
export default useCase<Event>({ owner: ${owner}, flowControl: { maxInFlight: LIMIT }, handler: () => {} });
`;
const shared = (field: string, limit: string) =>
  `export interface Shared { ${field} }\nexport const LIMIT = ${limit};\n`;

/** Texts that each file may hold, right and wrong ones. */
const VARIANTS: Record<string, readonly (string | undefined)[]> = {
  "usecases/a.ts": [useCase("a: string;"), useCase("a: number;"), useCase("a: string"), useCase("a: any;"), undefined],
  "usecases/b.ts": [useCase("b?: boolean;"), useCase("", "process.env.OWNER"), useCase("b: {"), undefined],
  "usecases/folder/c.ts": [useCase("c: Date;").replace("./shared", "../shared"), useCase("c: Date;"), undefined],
  "usecases/shared.ts": [
    shared("x: string;", "5"),
    shared("y: string;", "6"),
    shared("x: symbol;", "5"),
    shared("x: string;", "0"),
    shared("x: {", "5"),
  ],
  "usecases/broken.ts": [
    undefined,
    useCase("d: string;").replace("handler: () => {}", "handler: (event) => event.nothing"),
    useCase("d: string;"),
  ],
};

function set(file: string, variant: number): void {
  const variants = VARIANTS[file]!;
  const text = variants[variant % variants.length];
  if (text === undefined) rmSync(join(root, file), { force: true });
  else write(file, text);
}

const essence = ({ outputs, diagnostics }: Compilation) => ({ outputs, diagnostics });

beforeEach(() => {
  for (const file of Object.keys(VARIANTS)) set(file, 0);
});

test("whatever is edited, a compiler with a memory says what one without says", async () => {
  const edits = fc.array(fc.tuple(fc.constantFrom(...Object.keys(VARIANTS)), fc.nat(9)), {
    minLength: 1,
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(edits, async (sequence) => {
      const memory = createCompileMemory();
      await compile({ root, types: false, memory });
      for (const [file, variant] of sequence) {
        set(file, variant);
        const [warm, cold] = [await compile({ root, types: false, memory }), await compile({ root, types: false })];
        expect(essence(warm)).toEqual(essence(cold));
      }
    }),
    { numRuns: 12 },
  );
});

describe("what is read again", () => {
  let memory: CompileMemory;
  const read = () => readProject(openProject(root), memory.reading).read;

  beforeEach(async () => {
    memory = createCompileMemory();
    await compile({ root, types: false, memory });
  });

  test("nothing where nothing changed", () => expect(read()).toEqual([]));

  test("a module that changed, and the new ones", () => {
    set("usecases/a.ts", 1);
    set("usecases/broken.ts", 2);
    expect(read()).toEqual(["usecases/a.ts", "usecases/broken.ts"]);
  });

  test("all that import what changed", () => {
    set("usecases/shared.ts", 1);
    expect(read()).toEqual(["usecases/a.ts", "usecases/b.ts", "usecases/folder/c.ts", "usecases/shared.ts"]);
  });

  test("what names a file in a type or in a call, and a file without exports", () => {
    write("usecases/side.ts", "console.log(1);\n");
    write("usecases/late.ts", "export interface Late { x: string }\n");
    write("usecases/a.ts", `import "./side.ts";\n${useCase('a: import("./late.ts").Late;')}`);
    expect(read()).toEqual(["usecases/a.ts", "usecases/late.ts", "usecases/side.ts"]);
    write("usecases/side.ts", "console.log(2);\n");
    expect(read()).toEqual(["usecases/a.ts", "usecases/side.ts"]);
    write("usecases/late.ts", "export interface Late { y: string }\n");
    expect(read()).toEqual(["usecases/a.ts", "usecases/late.ts"]);
    for (const file of ["side", "late"]) rmSync(join(root, `usecases/${file}.ts`));
  });

  test("everything under other settings", () => {
    write("tsconfig.json", `{ "compilerOptions": { "strict": true, "module": "nodenext" } }`);
    expect(read()).toHaveLength(4);
    rmSync(join(root, "tsconfig.json"));
  });

  test("what is at fault, until it is fixed", () => {
    set("usecases/a.ts", 3);
    expect([read(), read()]).toEqual([["usecases/a.ts"], ["usecases/a.ts"]]);
    set("usecases/a.ts", 0);
    expect([read(), read()]).toEqual([["usecases/a.ts"], []]);
  });
});

test("a type error is told at every compilation until it is fixed, also when it was not looked for at first", async () => {
  const memory = createCompileMemory();
  set("usecases/broken.ts", 1);
  const codes = async (types: boolean) =>
    (await compile({ root, types, memory })).diagnostics.map(({ code, span }) => `${code} ${span.file}`);
  expect(await codes(false)).toEqual([]);
  expect(await codes(true)).toEqual(["type-error usecases/broken.ts"]);
  expect(await codes(true)).toEqual(["type-error usecases/broken.ts"]);
  set("usecases/broken.ts", 2);
  expect(await codes(true)).toEqual([]);
});
