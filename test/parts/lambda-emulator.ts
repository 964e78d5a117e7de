import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { buildGoPrograms } from "./go-build.ts";
import { installPart, type Part } from "./part-cache.ts";

const VERSION = "v0.0.0-20261030222936-bef5c4ba774d";
const MODULE = "github.com/aws/aws-lambda-runtime-interface-emulator";

const LAMBDA: Part = {
  name: "lambda-emulator",
  version: VERSION,
  takes: "two minutes",
  build: (folder, log) =>
    buildGoPrograms({ folder, log, programs: { emulator: `${MODULE}/cmd/aws-lambda-rie@${VERSION}` } }),
};

export async function installLambdaEmulator(): Promise<string> {
  return join(await installPart(LAMBDA), "emulator");
}

/** AWS's own emulator of Lambda's runtime interface, with a function in it. It takes one invocation at a time. */
export interface LambdaEmulator {
  readonly url: string;
  stop(): void;
}

/** Starts it; `bootstrap` is a program of Node.js that speaks the runtime API. */
export async function startLambdaEmulator(bootstrap: string, timeoutS: number): Promise<LambdaEmulator> {
  const emulator = await installLambdaEmulator();
  const [port, apiPort] = await freePorts(2);
  const addresses = [
    ...["--runtime-interface-emulator-address", `127.0.0.1:${port}`],
    ...["--runtime-api-address", `127.0.0.1:${apiPort}`, "--log-level", "error"],
  ];
  const child: ChildProcess = spawn(emulator, [...addresses, process.execPath, bootstrap], {
    env: { ...process.env, AWS_LAMBDA_FUNCTION_TIMEOUT: String(timeoutS) },
    stdio: "ignore",
    // Its function is a process of its own.
    detached: true,
  });
  return {
    url: `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`,
    stop() {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    },
  };
}
