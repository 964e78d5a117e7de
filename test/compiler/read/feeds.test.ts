import { expect, test } from "vitest";
import { read } from "./scratch-project.ts";

const fed = (name: string) => `import { useCase } from "fivefold";
export default useCase<{ id: string }>({ owner: "team", handler: () => {} });
export const ${name} = 1;
`;

/** What a handler with this body feeds, and whether that waits. */
function feedsOf(body: string) {
  const { useCases, diagnostics } = read("feeds", {
    "usecases/a.ts": fed("a"),
    "usecases/b.ts": fed("b"),
    "usecases/subject.ts": `import { useCase, type UseCaseModule } from "fivefold";
import a from "./a.ts";
import { default as b } from "./b.ts";
const subject: UseCaseModule<{ id: string }> = useCase<{ id: string }>({ owner: "team", handler: async ({ id }, task) => {
${body}
} });
export default subject;
`,
  });
  expect(diagnostics).toEqual([]);
  const { feeds } = useCases.find(({ name }) => name === "subject")!;
  return feeds.map(({ name, isDelayed }) => `${name} ${isDelayed ? "later" : "at once"}`);
}

test.each<readonly [string, string, readonly string[]]>([
  [
    "itself later, another at once",
    "await task.enqueue(a, { id }); await task.enqueue(subject, { id }, { delay: '1d' });",
    ["a at once", "b at once", "subject later"],
  ],
  [
    "one later, another at once",
    "await task.enqueue(a, { id }, { at: new Date() }); await task.enqueue(b, { id });",
    ["a later", "b at once"],
  ],
  [
    "one both later and at once",
    "await task.enqueue(a, { id }, { delay: '1d' }); await task.enqueue(a, { id });",
    ["a at once", "b at once"],
  ],
  [
    "whichever, at once",
    "await task.enqueue(a, { id }, { delay: '1d' }); for (const one of [a, b]) await task.enqueue(one, { id });",
    ["a at once", "b at once"],
  ],
  [
    "whichever, later",
    "for (const one of [a, b]) await task.enqueue(one, { id }, { delay: '1d' });",
    ["a later", "b later"],
  ],
])("a use case feeds %s", (_, body, feeds) => expect(feedsOf(body)).toEqual(feeds));
