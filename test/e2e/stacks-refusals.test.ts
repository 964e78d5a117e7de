import { beforeAll, expect, onTestFinished, test } from "vitest";
import { installParts } from "../parts/install.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { createPulumiCli } from "../parts/pulumi-cli.ts";
import { createStackProject } from "./stacks/stack-project.ts";

beforeAll(() => installParts(["pulumi"]), INSTALL_TIMEOUT_MS);

const REMIND = `import { useCase } from "fivefold";
export interface ReminderSet { id: string }
export default useCase<ReminderSet>({ owner: "team-a", scheduler: { maxDelay: "90d" }, handler: async () => {} });
`;

/** Nobody answers there: what is refused is refused before anybody is asked. */
const CONFIG = {
  "fivefold:pulsarAdminUrl": { value: "http://127.0.0.1:9" },
  "fivefold:tenant": { value: "shop" },
  "fivefold:namespace": { value: "test" },
  "fivefold:clusters": { value: '["standalone"]' },
};

test("what an environment can't keep is refused by `pulumi preview`, all of it at once and without a stack trace", async () => {
  const pulumi = await createPulumiCli();
  onTestFinished(pulumi.remove);
  const project = await createStackProject("refusals", pulumi);
  onTestFinished(project.remove);
  await project.build({ remind: REMIND });
  const stack = await project.stack("test", {
    ...CONFIG,
    "fivefold:delayHorizon": { value: "60d" },
    "fivefold:messageTtl": { value: "30d" },
    "fivefold:kubernetesNamespace": { value: "shop" },
    "fivefold:image": { value: "registry.example.com/shop:1" },
    "fivefold:pulsarUrl": { value: "pulsar://127.0.0.1:9" },
    "fivefold:postgresUrl": { value: "postgres://shop:word@127.0.0.1/shop" },
    "fivefold:useCases": { value: '{"remind": {"minReplicas": 0}, "forgotten": {}}' },
  });

  const { message } = (await stack.preview().catch((error: unknown) => error)) as Error;
  for (const fault of [
    "The config of stack 'test' can't be used:",
    "fivefold:postgresUrl stands in the config as plain text: pulumi config set --secret fivefold:postgresUrl",
    "fivefold:useCases.forgotten is for no use case; there are remind.",
    "Use case 'remind' accepts delays of up to 90d (scheduler.maxDelay of usecases/remind.ts), and the delay store keeps",
    "and Pulsar drops messages after 30d, counted from publishing (fivefold:messageTtl)",
    "Use case 'remind' has minReplicas 0, and nothing would start a replica.",
  ]) {
    expect(message).toContain(fault);
  }
  expect(message).not.toMatch(/\n\s+at .*\.(ts|js):\d+/);
  expect(message).not.toContain("shop:word");
});
