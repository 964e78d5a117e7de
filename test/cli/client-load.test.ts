import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createProject, type Project, startCommand } from "./project.ts";

const TRACE = fileURLToPath(new URL("./load-trace.ts", import.meta.url));

/** Runs a program of the project, and returns what it loads of the project itself. */
async function loadedBy(project: Project, program: string): Promise<string[]> {
  const log = join(project.root, `${program}.log`);
  const env = { ...process.env, LOAD_TRACE: log };
  const args = ["--import", TRACE, program];
  const { code, stderr } = await startCommand(process.execPath, args, project.root, env).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const urls = (await readFile(log, "utf8")).trim().split("\n");
  const paths = urls.filter((url) => url.startsWith("file:")).map((url) => fileURLToPath(url));
  return paths.filter((path) => path.startsWith(project.root)).map((path) => path.slice(project.root.length + 1));
}

test("a program that imports a client enqueues, and loads no handler code", async () => {
  const project = await createProject({
    "enqueue.ts": `import { greet } from "./generated/greet/client.ts";
await greet.enqueue({ subject: "world", count: 3 });
`,
    "execute.ts": `import "./generated/greet/executor.ts";\n`,
  });
  await project.fivefold("new", "greet");
  await project.fivefold("build");

  const loaded = await loadedBy(project, "enqueue.ts");
  expect(loaded).toContain("generated/greet/client.ts");
  expect(loaded.filter((path) => path.startsWith("usecases/") || path.endsWith("executor.ts"))).toEqual([]);

  // The trace does see handler code where it is loaded.
  expect(await loadedBy(project, "execute.ts")).toContain("usecases/greet.ts");
});
