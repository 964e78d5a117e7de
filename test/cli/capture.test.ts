import { expect, test } from "vitest";
import { createProject } from "./project.ts";

const GREET = `import { useCase } from "fivefold";

export interface Greeted { subject: string }

export default useCase<Greeted>({ owner: "team-a", handler: () => {} });
`;

test("what can't be captured is told before anything is opened", async () => {
  const project = await createProject({ "package.json": '{ "type": "module" }', "usecases/greet.ts": GREET });
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  const cases: [options: string[], code: number, found: string][] = [
    [[], 2, "There is nothing to capture: no use case has `frontend.changes`"],
    [["--outbox", "shop"], 3, "FIVEFOLD_SOURCE_SHOP says as postgres://user:password@host/database; it is not set"],
    [["--outbox", "shop", "--source", "postgres://x"], 2, "--source takes a source's name and its URL"],
    [["--outbox", "shop", "--source", "shop=post"], 3, "what it has is none"],
  ];
  for (const [options, code, found] of cases) {
    expect(await project.fivefold("capture", ...options)).toMatchObject({
      code,
      stderr: expect.stringContaining(found),
    });
  }
});
