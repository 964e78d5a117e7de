import { beforeAll, expect, test } from "vitest";
import { installActionlint, workflowFaults } from "../parts/actionlint.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { documentedFile } from "../stacks/documented-file.ts";

beforeAll(async () => {
  await installActionlint();
}, INSTALL_TIMEOUT_MS);

const WORKFLOW = documentedFile(".github/workflows/deploy.yml");

test("the workflow for users is one that GitHub Actions takes", async () => {
  expect(await workflowFaults(WORKFLOW)).toEqual([]);
});

test.each([
  ["a step without a place", "needs: image\n", "needs: images\n", 'job "up" needs job "images" which does not exist'],
  ["an unknown input", "fetch-depth: 0", "depth: 0", 'input "depth" is not defined in action "actions/checkout@v4"'],
  ["a value that nobody has", "matrix.stack }}", "matrix.stacks }}", 'property "stacks" is not defined'],
])("%s is found", async (_, right, wrong, fault) => {
  expect(WORKFLOW).toContain(right);
  expect((await workflowFaults(WORKFLOW.replaceAll(right, wrong))).join()).toContain(fault);
});
