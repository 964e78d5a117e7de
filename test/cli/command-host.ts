/*
 * Runs command lines one after another, in one process: to start it, and to load the compiler, takes most of what a command
 * takes. What a command has for itself (arguments, environment, folder, output, exit code), it has here, too.
 */
import { syncBuiltinESMExports } from "node:module";
import v8 from "node:v8";

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostedCommand {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

const { setFlagsFromString } = v8;
// What makes one build fast slows down those that follow.
v8.setFlagsFromString = (flag) => {
  if (!/--no-opt|feedback-allocation/.test(flag)) setFlagsFromString(flag);
};
syncBuiltinESMExports();
const { run } = await import("../../cli/program.ts");

async function runCommand({ args, cwd, env }: HostedCommand): Promise<Ended> {
  const printed = { stdout: "", stderr: "" };
  const exit = process.exit;
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.exitCode = undefined;
  const writes = (["stdout", "stderr"] as const).map((name) => {
    const write = process[name].write;
    process[name].write = ((text: string, done?: () => void) => {
      printed[name] += text;
      done?.();
      return true;
    }) as typeof write;
    return () => {
      process[name].write = write;
    };
  });
  let left: number | undefined;
  process.exit = ((code = process.exitCode ?? 0) => {
    left ??= Number(code);
  }) as typeof exit;
  try {
    await run(["node", "fivefold", ...args]);
    return { code: left ?? Number(process.exitCode ?? 0), ...printed };
  } finally {
    process.exit = exit;
    for (const restore of writes) restore();
    process.stdout.removeAllListeners("error");
    // The folder may be removed.
    process.chdir("/");
  }
}

process.on("message", async (command: HostedCommand) => {
  process.send?.(await runCommand(command));
});
