/** A kind of project that `tsc` and Node users have, with a use case `ask` that uses what is special about it. */
export interface Layout {
  readonly name: string;
  /** By their paths from the root of the repository, without the use case that `fivefold new` writes. */
  readonly files: Readonly<Record<string, string>>;
  /** The use case's file, and with it what the project looks like after `fivefold new`. */
  readonly useCase: Readonly<Record<string, string>>;
  /** The folder of the package with the use cases, below the root. Default: the root. */
  readonly folder?: string;
  /** Packages of the workspace, by name, as npm links them. */
  readonly links?: Readonly<Record<string, string>>;
  /** What the project calls its own `tsc` with. */
  readonly tsc: readonly string[];
  /** What Vitest has to be told, as docs/testing.md says. Default: nothing. */
  readonly vitest?: string;
  /** What the handler prints behind `handled <id> `. */
  readonly prints: string;
  /** A module outside of `usecases/`, and what an edit makes the handler print. */
  readonly edit: { readonly path: string; readonly from: string; readonly to: string; readonly prints: string };
  /** A program that enqueues. Default: a TypeScript module that imports the client. */
  readonly send?: { readonly path: string; readonly text: string };
  /** How a module in `src/` or `test/` imports what is generated. */
  readonly ending: "" | ".js" | ".ts";
}

export const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

/** A use case whose handler prints what those expressions are. */
export function handling(imports: string, expressions: string, declarations = ""): string {
  return `import { useCase } from "fivefold";
${imports}
${declarations}
export interface Asked {
  id: string;
}

export default useCase<Asked>({
  owner: "team-a",
  handler: async (event) => {
    console.log(["handled", event.id, ${expressions}].join(" "));
  },
});
`;
}

/** A program that enqueues, as the project's other code would. */
export const sendProgram = ({ ending, send }: Layout) =>
  send ?? {
    path: "src/send.ts",
    text: `import { ask } from "../generated/ask/client${ending}";

async function send(): Promise<void> {
  await ask.enqueue({ id: "by-program" });
}

send();
`,
  };

/** As docs/testing.md has it. */
export const nodeTest = ({ ending }: Layout) => `import assert from "node:assert/strict";
import { test } from "node:test";
import { testUseCase } from "fivefold/testing";
import { executor } from "../generated/ask/executor${ending}";

test("a question waits for three days", async () => {
  const t = await testUseCase(executor);
  await t.enqueue({ id: "in-test" }, { delay: "3d" });
  await t.pass("2d");
  assert.deepEqual(t.handled, []);
  await t.pass("1d");
  assert.deepEqual(t.handled.map(({ event }) => event), [{ id: "in-test" }]);
});
`;

export const vitestTest = ({ ending }: Layout) => `import { expect, test } from "vitest";
import { testUseCase } from "fivefold/testing";
import { executor } from "../generated/ask/executor${ending}";

test("a question waits for three days", async () => {
  const t = await testUseCase(executor);
  await t.enqueue({ id: "in-test" }, { delay: "3d" });
  await t.pass("2d");
  expect(t.handled).toEqual([]);
  await t.pass("1d");
  expect(t.handled).toMatchObject([{ event: { id: "in-test" } }]);
});
`;
