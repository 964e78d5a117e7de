import { expect } from "vitest";
import { createProject, type Project, type RunningCommand, startCommand } from "./project.ts";

/** A use case whose handler is that code. */
export function useCaseText(handler: string): string {
  return `import { RejectError, useCase } from "fivefold";
import { setTimeout as sleep } from "node:timers/promises";

export interface Greeted {
  name: string;
}

export default useCase<Greeted>({
  owner: "team",
  delivery: { retry: { max: 0 } },
  handler: async (event, task) => {
    ${handler}
  },
});
`;
}

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  },
});

export async function createGreeting(handler: string): Promise<Project> {
  return createProject({
    "usecases/greet.ts": useCaseText(handler),
    "package.json": '{ "type": "module" }',
    "tsconfig.json": TSCONFIG,
    "enqueue.ts": `import { greet } from "./generated/greet/client.ts";
await Promise.all(process.argv.slice(2).map((name) => greet.enqueue({ name })));
`,
  });
}

export async function enqueue(project: Project, ...names: readonly string[]): Promise<void> {
  const { code, stderr } = await startCommand(process.execPath, ["enqueue.ts", ...names], project.root).ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

export async function stop(dev: RunningCommand): Promise<void> {
  dev.process.kill("SIGINT");
  expect((await dev.ended()).code).toBe(0);
}

export const SAY =
  "console.log('hello', event.name); if (event.name === 'nobody') throw new RejectError('nobody is there');";
