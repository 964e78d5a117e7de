import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { installLambdaEmulator } from "../parts/lambda-emulator.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { openTargetWorld } from "../runtime/targets/target-world.ts";
import { startLambda } from "./targets/lambda-front.ts";

const bootstrap = join(import.meta.dirname, "targets/bootstrap.ts");
const target = { kind: "lambda", name: "resize", format: "json" } as const;
const keys = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };

beforeAll(async () => void (await installLambdaEmulator()), INSTALL_TIMEOUT_MS);

async function openLambda(
  options: { concurrency?: number; environment?: Record<string, string>; maxRetries?: number } = {},
) {
  const lambda = await startLambda({ bootstrap, concurrency: options.concurrency ?? 4, timeoutS: 2 });
  onTestFinished(() => lambda.stop());
  const world = await openTargetWorld({
    target,
    environment: { ...keys, AWS_ENDPOINT_URL_LAMBDA: lambda.url, ...options.environment },
    subscriber: { maxRetries: options.maxRetries ?? 2, timeoutMs: 20_000, maxInFlight: 4 },
  });
  return { ...world, ended: (count: number) => world.ended(count, 40_000), seen: lambda.seen };
}

test("AWS's own emulator takes invocations; what a function answers, throws and does to its process are told apart", async () => {
  const { notes, ended, deadLetters, counts, settled } = await openLambda();
  const ids = ["fine", "again", "rejected", "plain", "throws", "slow", "ends"];
  await notes.enqueueAll(ids.map((id) => ({ id })));
  await ended(ids.length);
  expect(counts().delivery.done).toBe(3);
  const letters = (await deadLetters()).map(({ payload, failure }) => {
    const { id } = JSON.parse(Buffer.from(payload).toString()) as { id: string };
    return [id, failure?.reason, failure?.message] as const;
  });
  expect(letters.sort()).toEqual([
    ["ends", "attempts", expect.stringMatching(/^the function failed: .*Runtime.ExitError/)],
    ["rejected", "rejected", "never"],
    ["slow", "attempts", expect.stringMatching(/^the function failed: Task timed out after 2.00 seconds|.*timed out/)],
    ["throws", "attempts", "the function failed: TypeError: of the function itself"],
  ]);
  const tries = settled.filter(({ message }) => Buffer.from(message.payload).toString().includes('"again"'));
  expect(tries.map(({ outcome }) => outcome)).toMatchObject([
    { message: "again" },
    { message: "again" },
    { kind: "done" },
  ]);
});

test("throttling is a retry that tells nothing against anything, and all is done in the end", async () => {
  const { notes, ended, counts, seen, problems } = await openLambda({ concurrency: 1, maxRetries: 200 });
  await notes.enqueueAll(Array.from({ length: 30 }, (_, index) => ({ id: `${index}` })));
  await ended(30);
  expect(counts().delivery).toMatchObject({ done: 30, deadLettered: 0 });
  expect(seen.throttled).toBeGreaterThan(0);
  expect(problems).toEqual([]);
});

test.each([
  [{ FIVEFOLD_LAMBDA_RESIZE: "other" }, "Lambda answered 404 ResourceNotFoundException: Function not found"],
  [{ AWS_ACCESS_KEY_ID: "AKIDOTHER" }, "Lambda answered 403 MissingAuthenticationTokenException"],
])("what Lambda itself refuses is told by its name: %o", async (environment, message) => {
  const { notes, ended, deadLetters } = await openLambda({ concurrency: 1, environment, maxRetries: 0 });
  await notes.enqueue({ id: "a" });
  await ended(1);
  expect((await deadLetters())[0]?.failure?.message).toMatch(message);
});
