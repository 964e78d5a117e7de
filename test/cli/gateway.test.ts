import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject, MAIN, type Project, startCommand } from "./project.ts";

const GREET = `import { appendFileSync } from "node:fs";
import { useCase } from "fivefold";

export interface Greeted { subject: string; count: bigint }

export default useCase<Greeted>({
  owner: "team-a",
  handler: ({ subject }) => appendFileSync("greeted.txt", subject),
});
`;

async function builtProject(): Promise<Project> {
  const project = await createProject({ "package.json": '{ "type": "module" }', "usecases/greet.ts": GREET });
  expect(await project.fivefold("build")).toMatchObject({ code: 0 });
  return project;
}

async function post(address: string, subject: string, token?: string): Promise<[status: number, body: unknown]> {
  const response = await fetch(`${address}/v1/greet`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ subject, count: "3" }),
  });
  return [response.status, await response.json()];
}

const addressIn = (printed: string) => /http:\/\/[\w.]+:\d+/.exec(printed)![0];

test("takes events by tokens that new-token makes, shows its metrics, and drains", async () => {
  const project = await builtProject();
  const made = JSON.parse((await project.fivefold("new-token", "billing", "greet", "--json")).stdout);
  expect(made).toMatchObject({ token: expect.stringMatching(/^billing\.[\w-]{43}$/), entry: { useCases: ["greet"] } });
  await writeFile(join(project.root, "tokens.json"), JSON.stringify({ tokens: [made.entry] }));

  const options = ["--tokens", "tokens.json", "--port", "0", "--metrics-port", "0"];
  const started = project.start(["gateway", ...options]);
  await started.prints("takes events of greet at ");
  const { stdout } = started.printed;
  expect(await post(addressIn(stdout), "a", made.token)).toEqual([202, { id: expect.any(String), duplicate: false }]);
  expect(await post(addressIn(stdout), "b")).toMatchObject([401, { code: "unauthenticated" }]);
  const metrics = `http://127.0.0.1:${/metrics on port (\d+)/.exec(stdout)![1]}`;
  expect((await fetch(`${metrics}/readyz`)).status).toBe(200);
  const text = await (await fetch(`${metrics}/metrics`)).text();
  expect(text).toContain('fivefold_gateway_requests_total{use_case="greet",status="202"} 1');
  expect(text).toContain('fivefold_gateway_requests_total{use_case="greet",status="401"} 1');
  expect(text).toContain('fivefold_frontend_accepted_events_total{use_case="greet"} 1');
  started.process.kill("SIGTERM");
  expect(await started.ended()).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/drained\n$/) });
});

test("options that make no sense are told, and nobody is let in without tokens from elsewhere", async () => {
  const project = await builtProject();
  const cases: [options: string[], found: string][] = [
    [["gateway", "--host", "0.0.0.0"], "Without tokens whoever reaches 0.0.0.0 could enqueue."],
    [["gateway", "--room", "much"], "found 'much'"],
    [["gateway", "--port", "99999"], "--port takes a number"],
    [["gateway", "--rate", "fast"], "--rate takes a number above 0"],
    [["gateway", "farewell"], "There is no use case 'farewell'"],
    [["new-token", "Billing"], "found 'Billing'"],
  ];
  for (const [options, found] of cases) {
    expect(await project.fivefold(...options)).toMatchObject({ code: 2, stderr: expect.stringContaining(found) });
  }
  expect(await project.fivefold("gateway", "--tokens", "none.json", "--metrics-port", "0")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("none.json can't be read"),
  });
});

test("dev takes events by HTTP at an address that stays the same, from this machine alone", async () => {
  const project = await builtProject();
  const dev = startCommand(process.execPath, [MAIN, "dev", "--json", "--gateway-port", "0"], project.root);
  await dev.prints('"ready"');
  const address = addressIn(dev.printed.stdout.split("\n").find((line) => line.includes('"ready"'))!);
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect(await post(address, "by HTTP")).toMatchObject([202, { duplicate: false }]);
  await dev.prints('"task"');
  await writeFile(join(project.root, "usecases/greet.ts"), GREET.replace("team-a", "team-b"));
  await dev.prints('"ready"', 2);
  expect(await post(address, "again")).toMatchObject([202, { duplicate: false }]);
  dev.process.kill("SIGINT");
  expect(await dev.ended()).toMatchObject({ code: 0 });
});
