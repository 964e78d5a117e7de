import { afterAll, beforeAll, expect, test } from "vitest";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { destroy, refresh, refusalOf, up } from "./stacks/changes.ts";
import { type ExampleStack, startExampleStack } from "./stacks/example-stack.ts";

let example: ExampleStack;

beforeAll(async () => {
  example = await startExampleStack({ name: "interrupted", kubernetes: false });
}, INSTALL_TIMEOUT_MS);

afterAll(() => example?.stop());

const KILLED_AFTER = 12;

test("an up whose broker is killed half way is gone on with by the next", async () => {
  const { stack, broker } = example;
  let made = 0;
  let killed: Promise<void> | undefined;
  const said = await refusalOf((watched) =>
    stack.up({
      onEvent(event) {
        watched.onEvent(event);
        if (event.resOutputsEvent?.metadata.op === "create") made += 1;
        if (made >= KILLED_AFTER) killed ??= broker.kill();
      },
    }),
  );
  expect(said).toContain("was not answered");
  await killed;
  await broker.restart();
  const changes = await up(stack);
  expect(changes.length).toBeGreaterThan(0);
  expect(await refresh(stack)).toEqual([]);
  expect(await up(stack)).toEqual([]);
  console.log(`killed after ${made} resources: the next up did ${changes.length} things`);
  await destroy(stack);
  expect(await broker.admin("GET", "/admin/v2/tenants")).not.toContain("shop");
});
