import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject, MAIN, type Project, type RunningCommand, startCommand } from "../cli/project.ts";

const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes, yes").toString("base64")}`;
const RECEIVERS = join(import.meta.dirname, "targets");
const environment = (more: NodeJS.ProcessEnv = {}) => ({
  ...process.env,
  FIVEFOLD_SIGNING_SECRET_THUMBNAILS: SECRET,
  ...more,
});

/** A project whose only use case sends its tasks to a service, and a receiver of three lines that can be started there. */
async function createThumbnails(format: "json" | "protobuf" = "json"): Promise<Project> {
  return createProject({
    "package.json": '{ "type": "module" }',
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        target: "es2024",
        types: ["node"],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
      },
    }),
    "usecases/make-thumbnail.ts": `import { exponential, service, useCase } from "fivefold";

export interface FileUploaded {
  fileId: string;
  bytes: bigint;
}

export default useCase<FileUploaded>({
  owner: "team-previews",
  delivery: {
    target: service("thumbnails", { path: "/events", format: "${format}" }),
    retry: { backoff: exponential("10ms", "20ms") },
  },
});
`,
    "service.ts": `import { createServer } from "node:http";
import { RejectError } from "fivefold/receiver";
import { receiver } from "./generated/make-thumbnail/receiver.ts";

const server = createServer(receiver.node(({ fileId, bytes }, { attempt }) => {
  console.log(JSON.stringify([fileId, String(bytes), attempt]));
  if (fileId === "rejected") throw new RejectError("never");
  if (fileId === "busy" && attempt < 3) throw new Error("again");
}));
server.listen(0, "127.0.0.1", () => console.log((server.address() as { port: number }).port));
`,
  });
}

async function portOf(service: RunningCommand): Promise<string> {
  await service.prints("\n");
  return service.printed.stdout.split("\n")[0]!;
}

test.each<[language: string, format: "json" | "protobuf", start: (project: Project) => Promise<RunningCommand>]>([
  ["TypeScript, JSON", "json", typescript],
  ["TypeScript, protobuf", "protobuf", typescript],
  [
    "Python",
    "json",
    async ({ root }) => startCommand("python3", [join(RECEIVERS, "receiver.py")], root, environment()),
  ],
  [
    "Go",
    "json",
    async ({ root }) => {
      const built = spawnSync("go", ["build", "-o", join(root, "receiver"), join(RECEIVERS, "receiver.go")], {
        cwd: root,
      });
      expect(String(built.stderr)).toBe("");
      return startCommand(join(root, "receiver"), [], root, environment());
    },
  ],
])("tasks reach a service in %s, by `fivefold dev --service`", async (_, format, start) => {
  const project = await createThumbnails(format);
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  const service = await start(project);
  const port = await portOf(service);
  const options = ["--service", `thumbnails=http://localhost:${port}`];
  const dev = startCommand(process.execPath, [MAIN, "dev", ...options], project.root, environment());
  await dev.prints("running 1 use case");
  for (const fileId of ["fine", "busy", "rejected"]) {
    const event = JSON.stringify({ fileId, bytes: "9007199254740993" });
    expect((await project.fivefold("enqueue", "make-thumbnail", event)).code).toBe(0);
  }
  const lines = ['["fine","9007199254740993",1]', '["busy","9007199254740993",3]', '["rejected","9007199254740993",1]'];
  for (const line of lines) await service.prints(line);
  await dev.prints("dead letter");
  dev.process.kill("SIGINT");
  expect((await dev.ended()).code).toBe(0);
  // Done, retried twice and done, rejected: no more calls than that.
  expect(service.printed.stdout.trim().split("\n").slice(1)).toHaveLength(5);
});

async function typescript({ root }: Project): Promise<RunningCommand> {
  return startCommand(process.execPath, ["service.ts"], root, environment());
}
