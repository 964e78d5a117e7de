import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../compiler/build/compile.ts";
import { moduleOf, moduleOfPortable } from "./published-module.ts";
import { writeProject } from "./read/scratch-project.ts";

/*
 * All event types of two packages that nobody here wrote: how many compile, and why the others don't. What is generated
 * of those that matter most is run in test/e2e/real-types.test.ts.
 */

const require = createRequire(import.meta.url);
const GITHUB = require.resolve("@octokit/webhooks-types/schema.d.ts");
const AWS = dirname(require.resolve("@types/aws-lambda/package.json"));
const AWS_FILES = readdirSync(AWS, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"));

/** The types of a module whose name ends in Event, generic ones apart. */
function eventsOf(text: string): string[] {
  return Array.from(text.matchAll(/^export (?:interface|type) (\w+Event(?:V2)?)\b(?!<)/gm), ([, name]) => name!);
}

const PACKAGES = {
  "@octokit/webhooks-types": eventsOf(readFileSync(GITHUB, "utf8")),
  "aws-lambda": [...new Set(AWS_FILES.flatMap((file) => eventsOf(readFileSync(join(AWS, file), "utf8"))))].sort(),
};

test.each([
  // Two of 212 events in one union differ in nothing that is known of them.
  { from: "@octokit/webhooks-types", all: 278, accepted: 258, evenPortable: ["WebhookEvent"] },
  { from: "aws-lambda", all: 116, accepted: 88, evenPortable: [] },
] as { from: keyof typeof PACKAGES; all: number; accepted: number; evenPortable: string[] }[])(
  "of the $all event types of $from $accepted compile; each other is one error with the paths to its parts, and Portable",
  async ({ from, all, accepted, evenPortable }) => {
    const types = PACKAGES[from];
    expect(types).toHaveLength(all);
    const modules = types.map((type, i) => [`usecases/event-${i}.ts`, moduleOf(type, from)]);
    const root = writeProject(`published-${all}`, Object.fromEntries(modules));
    const { diagnostics } = await compile({ root, types: false });
    const refused = types.filter((_, i) => diagnostics.some(({ span }) => span.file === `usecases/event-${i}.ts`));
    expect(all - refused.length).toBe(accepted);
    expect(diagnostics).toHaveLength(refused.length);
    for (const { code, message, fix, related = [] } of diagnostics) {
      expect(code).toBe("unsupported-type-of-package");
      for (const { span } of related) expect(span.file).toContain("node_modules/");
      // What is refused even so is not offered.
      if (evenPortable.some((type) => message.startsWith(`\`${type}\``))) {
        expect(message).toMatch(/, not even as `Portable<\w+>`: \w+ is `\w+`, and no field tells '.*' apart\.$/);
        expect(fix).toMatch(/^Leave out all of them but one, as with `Exclude<…>`\./);
        continue;
      }
      expect(message).toMatch(
        / has what can't be sent: [\w.[\]*]+ is `.*?`, which says nothing of its (values|fields)/,
      );
      expect(fix).toMatch(/^Write `Portable<\w+>`/);
    }

    const portable = refused.map((type, i) => [`usecases/portable-${i}.ts`, moduleOfPortable(type, from)]);
    const again = await compile({ root: writeProject(`portable-${all}`, Object.fromEntries(portable)), types: false });
    const stillRefused = new Set(again.diagnostics.map(({ span }) => refused[Number(/\d+/.exec(span.file)?.[0])]));
    expect([...stillRefused].sort()).toEqual(evenPortable);
  },
  120_000,
);
