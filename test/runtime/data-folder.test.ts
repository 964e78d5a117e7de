import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const CONNECTION = resolve(import.meta.dirname, "../../runtime/connection.ts");

test("the data folder is that of the project where the client lies, and else where the program runs", () => {
  const root = mkdtempSync(join(tmpdir(), "fivefold-data-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of ["jobs/usecases", "jobs/generated/greet", "web/usecases", "web/src"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  const open = (client: string | undefined) => {
    writeFileSync(
      join(root, "open.ts"),
      `import { connect } from ${JSON.stringify(CONNECTION)};
await (await connect(undefined, ${JSON.stringify(client)})).close();`,
    );
    const { FIVEFOLD_DATA: _data, ...env } = process.env;
    const { stderr } = spawnSync(process.execPath, [join(root, "open.ts")], {
      cwd: join(root, "web/src"),
      env,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
  };
  open(pathToFileURL(join(root, "jobs/generated/greet/client.ts")).href);
  expect([existsSync(join(root, "jobs/.fivefold/data")), existsSync(join(root, "web/.fivefold"))]).toEqual([
    true,
    false,
  ]);
  open(undefined);
  expect(existsSync(join(root, "web/.fivefold/data"))).toBe(true);
});
