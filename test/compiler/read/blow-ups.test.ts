import { describe, expect, test } from "vitest";
import { compile } from "../../../compiler/build/compile.ts";
import { read, useCaseText, writeProject } from "./scratch-project.ts";

/*
 * A few lines whose values or types would take the memory of the machine, or minutes, if all that they say were worked out.
 */

const SETTINGS = 'owner: "team", handler: () => {}';

/** Each twice as large as the one before. */
function doubled(first: string, times: number, twice: (before: string, name: string) => string): string {
  return [first, ...Array.from({ length: times }, (_, i) => twice(`s${i}`, `s${i + 1}`))].join("\n");
}

describe("a constant that grows too large is refused where it does", () => {
  test.each([
    ["+", doubled('const s0 = "0123456789";', 41, (s, t) => `const ${t} = ${s} + ${s};`), "s41", 15],
    ["a template", doubled('const s0 = "0123456789";', 41, (s, t) => `const ${t} = \`\${${s}}\${${s}}\`;`), "s41", 15],
    [
      "a list",
      doubled("const s0 = [1, 2];", 41, (s, t) => `const ${t} = [...${s}, ...${s}];`),
      `\`\${s41.length}\``,
      18,
    ],
    ["bigints", doubled("const s0 = 10n;", 41, (s, t) => `const ${t} = ${s} * ${s};`), `\`\${s41}\``, 13],
    ["a power", "const s0 = 9n ** 9n ** 9n;", `\`\${s0}\``, 2],
  ])("%s", (name, before, owner, line) => {
    const text = useCaseText(before, "{ id: string }", `owner: ${owner}, handler: () => {}`);
    const { useCases, diagnostics } = read(`blow-up-${name.length}`, { "usecases/subject.ts": text });
    expect(useCases).toEqual([]);
    expect(diagnostics).toMatchObject([{ code: "setting-not-constant", span: { line } }]);
    expect(diagnostics[0]?.message).toContain("it is too large: a setting has at most 65536 characters");
  });
});

test("a constant of a size that settings have is worked out", () => {
  const before = doubled('const s0 = "0123456789";', 6, (s, t) => `const ${t} = ${s} + ${s};`);
  const text = useCaseText(before, "{ id: string }", `owner: \`team-\${s6.length}\`, handler: () => {}`);
  expect(read("blow-up-none", { "usecases/subject.ts": text }).useCases[0]?.owner).toBe("team-640");
});

const union = (count: number, member: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => member(i)).join(" | ");
const tagged = (i: number) => `{ kind: "k${i}"; only${i}: string }`;
const untagged = (i: number) => `{ only${i}: string }`;

test.each([
  ["tagged", tagged],
  ["untagged", untagged],
])("a union of 400 %s objects compiles", async (name, member) => {
  const text = useCaseText(`type Variant = ${union(400, member)};`, "{ variant: Variant }", SETTINGS);
  const { diagnostics, outputs } = await compile({
    root: writeProject(`union-${name}`, { "usecases/subject.ts": text }),
    types: false,
  });
  expect(diagnostics).toEqual([]);
  expect(outputs.length).toBeGreaterThan(10);
});

test.each([
  ["a long union", `type Event = { v: ${union(501, tagged)} };`, 501],
  [
    "an intersection of unions",
    `type Event = { v: ${Array.from({ length: 10 }, (_, i) => `({ k${i}: "a"; x${i}: string } | { k${i}: "b" })`).join(" & ")} };`,
    1_024,
  ],
])("%s is refused at its place, and its parts are not read", (_, before, count) => {
  const { diagnostics } = read("union-too-long", { "usecases/subject.ts": useCaseText(before, "Event", SETTINGS) });
  expect(diagnostics).toMatchObject([{ code: "unsupported-type", span: { line: 2 } }]);
  expect(diagnostics[0]?.message).toContain(`a union of ${count} objects, where 500 are the most`);
});

test.each([
  ["types", doubled("type s0 = `0123456789`;", 41, (s, t) => `type ${t} = \`\${${s}}\${${s}}\`;`), "{ text: s41 }"],
  [
    "constants of their own type",
    doubled("const s0 = '0123456789' as const;", 41, (s, t) => `const ${t} = \`\${${s}}\${${s}}\` as const;`),
    "{ text: typeof s41 }",
  ],
  [
    "spreads",
    `const s0 = { a: 1 };\n${Array.from({ length: 1_500 }, (_, i) => `const s${i + 1} = { ...s${i}, k${i}: 1 };`).join("\n")}`,
    "typeof s1500",
  ],
])("%s that TypeScript itself does not survive are the file's fault, and end nothing", (name, before, event) => {
  const { useCases, diagnostics } = read(`too-much-${name.length}`, {
    "usecases/subject.ts": useCaseText(before, event, SETTINGS),
    "usecases/before.ts": useCaseText("", "{ id: string }", SETTINGS),
  });
  expect(useCases.map((useCase) => useCase.name)).toEqual(["before"]);
  expect(diagnostics.map(({ span }) => span.file)).toEqual(["usecases/subject.ts"]);
});

test("a vocabulary whose every field takes any of a hundred types is refused once, at the union that is too many", () => {
  const count = 120;
  const all = Array.from({ length: count }, (_, i) => `T${i}`);
  const types = all.map((name) => {
    const fields = Array.from({ length: 5 }, (_, j) => `f${j}?: ${all.join(" | ")};`);
    return `interface ${name} { kind: "${name}"; ${fields.join(" ")} }`;
  });
  const before = `${types.join("\n")}\ninterface Event { id: string; one: T0 }`;
  const { diagnostics } = read("vocabulary", {
    "usecases/subject.ts": useCaseText(before, "Event", 'owner: "team", handler: () => {}'),
  });
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]!.message).toContain("the unions of the event have more than 20000 members in all by then");
});

test("an event with named fields and an index signature is told to be a field, which compiles", () => {
  const before = "interface User { id: string; [key: string]: string }\ninterface Event { user: Portable<User> }";
  const modules = (event: string) => ({
    "usecases/subject.ts": `import type { Portable } from "fivefold";\n${useCaseText(before, event, 'owner: "team", handler: () => {}')}`,
  });
  const [found] = read("indexed-root", modules("User")).diagnostics;
  expect(found).toMatchObject({
    code: "event-not-object",
    fix: "Declare an interface with a field of it, as `Portable<User>`.",
  });
  expect(read("indexed-root-field", modules("Event")).diagnostics).toEqual([]);
});
