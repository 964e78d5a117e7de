import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { emit } from "../../../compiler/emit/index.ts";
import type { UseCase } from "../../../compiler/model/model.ts";
import type { Output } from "../../../compiler/model/output.ts";
import { topicsOf } from "../../../runtime/ports/topics.ts";
import { runs } from "../../property-runs.ts";
import { model } from "./arbitrary.ts";
import { EVERYTHING, GENERATE_THUMBNAIL, message, TEXT, useCaseOf } from "./models.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const SEED = 20_261_124;

describe("what is emitted", () => {
  test("is the same for the same model, wherever it comes from, in whatever order", () => {
    fc.assert(
      fc.property(fc.array(model, { maxLength: 3 }), (models) => {
        const useCases = models.map((useCase, i) => ({ ...useCase, name: `sample-${i}` }));
        const again = JSON.parse(JSON.stringify(useCases)) as UseCase[];
        expect(emit(again.reverse())).toEqual(emit(useCases));
      }),
      runs(30),
    );
  });

  test("has one line of the project's own words, whatever a comment holds", () => {
    const doc = "First */ line\r\n * second // line\u2028third  \n\n@deprecated";
    const useCase = useCaseOf("docs", [message("Docs", { text: TEXT }, doc)]);
    const texts = new Map(emit([useCase]).map(({ path, text }) => [path, text]));
    expect(texts.get("generated/docs/event.ts")).toContain(
      ["/**", " * First *\\/ line", " *  * second // line", " * third", " *", " * @deprecated", " */"].join("\n"),
    );
    expect(texts.get("generated/contracts/docs.proto")).toContain(
      ["// First */ line", "//  * second // line", "// third", "//", "// @deprecated"].join("\n"),
    );
  });

  test("names topics as the runtime does", () => {
    const { text } = emit([GENERATE_THUMBNAIL, EVERYTHING]).find(({ path }) => path === "generated/manifest.json")!;
    const { useCases } = JSON.parse(text) as {
      useCases: { topics: unknown; settings: Parameters<typeof topicsOf>[0] }[];
    };
    expect(useCases).toHaveLength(2);
    for (const { topics, settings } of useCases) expect(topics).toEqual(topicsOf(settings));
  });
});

describe("as a project", () => {
  const root = mkdtempSync(join(tmpdir(), "emitted-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const models = fc.sample(model, { ...runs(40), seed: SEED }).map((useCase, i) => renamed(useCase, `sample-${i}`));
  const outputs = emit([GENERATE_THUMBNAIL, EVERYTHING, ...models]);

  test("it compiles as strictly as this repository, whatever the names", () => {
    write(outputs);
    for (const { name, event } of [EVERYTHING, ...models]) {
      write([{ path: `usecases/${name}.ts`, text: moduleOf(name, event.name) }]);
    }
    write([{ path: "usecases/generate-thumbnail.ts", text: THUMBNAIL_MODULE }]);
    mkdirSync(join(root, "node_modules"));
    symlinkSync(ROOT, join(root, "node_modules/fivefold"));
    symlinkSync(join(ROOT, "node_modules/@types"), join(root, "node_modules/@types"));
    const tsconfig = { extends: join(ROOT, "tsconfig.json"), include: ["generated", "usecases"], exclude: [] };
    write([
      { path: "package.json", text: '{ "type": "module" }' },
      { path: "tsconfig.json", text: JSON.stringify(tsconfig) },
    ]);
    const tsc = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["--pretty", "false", "-p", root], { encoding: "utf8" });
    expect(tsc.stdout).toBe("");
    expect(tsc.status).toBe(0);
  });

  test("it is formatted as Biome formats it", () => {
    const settings = {
      files: { includes: ["**/*.ts"] },
      formatter: { indentStyle: "space", indentWidth: 2, lineWidth: 120 },
    };
    writeFileSync(join(root, "biome.json"), JSON.stringify(settings));
    const biome = spawnSync(join(ROOT, "node_modules/.bin/biome"), ["format", "generated"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(biome.stderr + biome.stdout).not.toMatch(/File content differs|Formatter would have printed/);
    expect(biome.status).toBe(0);
  });

  function write(files: readonly Output[]): void {
    for (const { path, text } of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
});

function renamed(useCase: UseCase, name: string): UseCase {
  return { ...useCase, name, file: `usecases/${name}.ts` };
}

/** A module whose event is declared as event.ts has it. */
function moduleOf(name: string, event: string): string {
  return [
    'import { useCase as declare } from "fivefold";',
    `import type { ${event} as TheEvent } from "../generated/${name}/event.ts";`,
    'export default declare<TheEvent>({ owner: "team", handler: () => {} });',
  ].join("\n");
}

/** As an engineer declares it: with constraints, and with the three ways to say that a field may be absent. */
const THUMBNAIL_MODULE = `
import { type Int, type List, type Text, useCase } from "fivefold";

export interface FileUploaded {
  fileId: Text<{ maxLength: 64 }>;
  teamId: string;
  sizeBytes: Int<{ min: 0 }>;
  kind: "image" | "video" | "document";
  uploadedAt: Date;
  note: Text<{ maxLength: 200 }> | undefined;
  tags: List<Text<{ minLength: 1 }>, { maxItems: 5 }>;
  labels?: Record<string, string>;
  origin: { host: Text<{ format: "hostname" }>; port: Int<{ min: 1; max: 65_535 }> };
}

export default useCase<FileUploaded>({
  owner: "team-previews",
  frontend: { dedupeBy: "fileId" },
  flowControl: { fairBy: "sizeBytes" },
  delivery: { filter: (event) => event.kind === "image" },
  handler: (event) => event.note?.length,
});

// What a caller has declared fits the client, and the other way round.
type Emitted = import("../generated/generate-thumbnail/event.ts").FileUploaded;
export const declaredToClient = (event: FileUploaded): Emitted => event;
export const enqueue = async (event: FileUploaded) => {
  const { generateThumbnail } = await import("../generated/generate-thumbnail/client.ts");
  await generateThumbnail.enqueue(event);
  // @ts-expect-error a number is no string
  await generateThumbnail.enqueue({ ...event, fileId: 5 });
};
`;
