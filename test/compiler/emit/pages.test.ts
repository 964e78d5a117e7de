import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emitCatalogue } from "../../../compiler/emit/pages/catalogue.ts";
import { emitCodeOwners } from "../../../compiler/emit/pages/codeowners.ts";
import { emitReadme } from "../../../compiler/emit/pages/readme.ts";
import type { Field, UseCase } from "../../../compiler/model/model.ts";
import { runs } from "../../property-runs.ts";
import { EVERYTHING, enumOf, enumRef, GENERATE_THUMBNAIL, message, messageRef, TEXT, useCaseOf } from "./models.ts";

/** A table's row that begins with that cell, as its cells. */
function row(text: string, first: string): string[] {
  return cellsOf(text.split("\n").find((line) => line.startsWith(`| ${first} |`)) ?? "");
}

function cellsOf(row: string): string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function withDoc(useCase: UseCase, field: string, doc: string): UseCase {
  const [root, ...others] = useCase.event.messages;
  const fields = root!.fields.map((one): Field => (one.name === field ? { ...one, doc } : one));
  return { ...useCase, event: { ...useCase.event, messages: [{ ...root!, fields }, ...others] } };
}

describe("a use case's page", () => {
  const { path, text } = emitReadme(GENERATE_THUMBNAIL);

  test("says who owns it, what its event holds, and what its layers do", () => {
    expect(path).toBe("generated/generate-thumbnail/README.md");
    expect(text).toContain("\n# generate-thumbnail\n\nA file finished uploading.\n");
    expect(row(text, "Owner")).toEqual(["Owner", "team-samples"]);
    expect(row(text, "Topic")).toEqual(["Topic", "`generate-thumbnail.high`"]);
    expect(row(text, "`note?`")).toEqual(["`note?`", "string", "A string of at most 200 characters."]);
    expect(row(text, "`origin`")).toEqual(["`origin`", "[Origin](#origin)", ""]);
    expect(row(text, "`kind`")[1]).toBe('`"image"` or `"video"` or `"document"`');
    expect(row(text, "Flow control")[1]).toContain(
      "at most 500 every 1s; turns are shared between values of `sizeBytes`",
    );
    expect(row(text, "`default`")).toEqual([
      "`default`",
      "9",
      "1s, doubling up to 15m",
      "none",
      "30s",
      "every event",
      "its handler",
      "1",
      "all",
      "`generate-thumbnail.high-default-DLQ`",
    ]);
  });

  test("links to headings that are there, each heading once", () => {
    const { text } = emitReadme(EVERYTHING);
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!.toLowerCase().replaceAll(" ", "-"),
    );
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor!);
    expect(links.length).toBeGreaterThan(10);
    for (const link of links) expect(headings).toContain(link);
  });

  test("a message called like a heading is linked to all the same", () => {
    const { text } = emitReadme(
      useCaseOf("greet", [message("Greet", { event: messageRef("Event") }), message("Event", { id: TEXT })]),
    );
    expect(row(text, "`event`")[1]).toBe("[Event](#event-1)");
  });

  test("comments keep their Markdown, on one line in a table; HTML is none", () => {
    const doc = "The *key*: `a|b<c>` | <b>bold</b>\n & on.";
    const { text } = emitReadme(withDoc(GENERATE_THUMBNAIL, "teamId", doc));
    expect(row(text, "`teamId`")[2]).toBe("The *key*: `a\\|b<c>` \\| &lt;b>bold&lt;/b> &amp; on.");
  });

  test("a comment's block of code stays as it is, and ends where the comment does", () => {
    const doc = "As in:\n```ts\nconst a: Set<string> = b && c;";
    const { text } = emitReadme({ ...GENERATE_THUMBNAIL, doc });
    expect(emitReadme({ ...GENERATE_THUMBNAIL, doc: "```<b>` is none." }).text).toContain("\n```&lt;b>` is none.\n\n|");
    expect(text).toContain("\nAs in:\n```ts\nconst a: Set<string> = b && c;\n```\n\n| Owner |");
  });

  test("no text of anybody's breaks a table or becomes HTML", () => {
    const hostile = fc
      .array(fc.constantFrom("|", "\\", "\n", "\r\n", "\u2028", "`", "<b>", "& ", "# ", "- ", "a", " "), {
        maxLength: 12,
      })
      .map((parts) => parts.join(""))
      // Blocks of code are another matter: see above.
      .filter((text) => !text.includes("```"));
    fc.assert(
      fc.property(hostile, hostile, hostile, (doc, owner, literal) => {
        const useCase = useCaseOf(
          "greet",
          [message("Greet", { [`x${literal}`]: enumRef("Kind"), y: { kind: "text", pattern: literal } }, doc)].map(
            (one) => ({ ...one, fields: one.fields.map((field) => ({ ...field, doc })) }),
          ),
          [enumOf("Kind", literal)],
          { doc: `Greets.\n\n${doc}`, owner: `team ${owner}` },
        );
        for (const text of [emitReadme(useCase).text, emitCatalogue([useCase]).text]) {
          const tables = text
            .trimEnd()
            .split("\n\n")
            .map((block) => block.split("\n"));
          for (const [head = "", ...rows] of tables.filter(([, line]) => line?.startsWith("| ---"))) {
            const width = cellsOf(head).length;
            for (const row of rows)
              expect([row, row.startsWith("| "), cellsOf(row).length]).toEqual([row, true, width]);
          }
          // What anybody wrote has no code here that is whole, but for what stands on a line or in a cell.
          const withoutCode = text.replaceAll(/(?<![`\\])(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, "");
          expect(withoutCode.replace(/^<!--.*-->$/m, "")).not.toMatch(/<(?!path>)/);
        }
      }),
      runs(200),
    );
  });

  test("many literals have a section, and backticks a longer fence", () => {
    const colours = enumOf("Colour", ..."abcdefghi", "`");
    const { text } = emitReadme(useCaseOf("paint", [message("Paint", { "in `x`": enumRef("Colour") })], [colours]));
    expect(row(text, "`` in `x` ``")[1]).toBe("[Colour](#colour)");
    expect(text).toContain('One of `"a"`, `"b"`, ');
  });
});

describe("the catalogue", () => {
  test("has a row for each use case, with a link to its page", () => {
    const { path, text } = emitCatalogue([EVERYTHING, GENERATE_THUMBNAIL]);
    expect(path).toBe("generated/CATALOGUE.md");
    expect(row(text, "[generate-thumbnail](generate-thumbnail/README.md)").slice(1)).toEqual([
      "A file finished uploading.",
      "team-samples",
      "[`FileUploaded` v1](contracts/generate_thumbnail.proto)",
      "high priority, deduplicated by `fileId`, at most 500 every 1s, fair by `sizeBytes`",
      "`generate-thumbnail.high`, `generate-thumbnail.high-default-DLQ`",
      "`default`",
    ]);
    expect(emitCatalogue([]).text).toContain("There are none yet.");
  });
});

describe("CODEOWNERS", () => {
  const ownersOf = (owner: string) => {
    const { text } = emitCodeOwners([{ ...GENERATE_THUMBNAIL, owner }]);
    return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  };

  test("gives a use case's source, code and contracts to its owner", () => {
    expect(ownersOf("team-previews")).toEqual([
      "/usecases/generate-thumbnail.ts @team-previews",
      "/generated/generate-thumbnail/ @team-previews",
      "/generated/contracts/generate_thumbnail.* @team-previews",
    ]);
  });

  test.each([
    ["acme/previews", "@acme/previews"],
    ["@acme/previews", "@acme/previews"],
    ["previews@acme.example", "previews@acme.example"],
    ["Team Previews", "@Team-Previews"],
  ])("an owner %s is %s", (owner, handle) => {
    expect(ownersOf(owner)[0]).toBe(`/usecases/generate-thumbnail.ts ${handle}`);
  });
});
