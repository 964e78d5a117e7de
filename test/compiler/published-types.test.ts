import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../compiler/compile.ts";
import type { Diagnostic } from "../../compiler/diagnostics.ts";
import { moduleOf, moduleOfKnown } from "./published-module.ts";
import { writeProject } from "./read/scratch-project.ts";

/*
 * All event types of two packages that nobody here wrote: how many compile, and why the others don't. What is generated
 * of those that matter most is run in real-types.test.ts.
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

/** How many types are refused for what: the reason without the field and its type. */
function reasonsOf(diagnostics: readonly Diagnostic[]): Record<string, number> {
  const types = new Map<string, Set<string>>();
  for (const { message, span } of diagnostics) {
    const reason = message.replace(/^'.*?`.*`,? /, "");
    types.set(reason, (types.get(reason) ?? new Set()).add(span.file));
  }
  return Object.fromEntries([...types].map(([reason, { size }]) => [reason, size]));
}

test.each([
  {
    from: "@octokit/webhooks-types",
    all: 278,
    accepted: 258,
    reasons: {
      "which says nothing of its values.": 20,
      "which says nothing of its fields.": 4,
    },
    // Two of its 212 events differ in what is not known of them.
    evenKnown: ["WebhookEvent"],
  },
  {
    from: "aws-lambda",
    all: 116,
    accepted: 88,
    reasons: {
      "which says nothing of its values.": 7,
      "which says nothing of its fields.": 21,
    },
    evenKnown: [],
  },
] as const)(
  "of the $all event types of $from $accepted compile; the others say which field has no form, why, and take Json there",
  async ({ from, all, accepted, reasons, evenKnown }) => {
    const types = PACKAGES[from];
    expect(types).toHaveLength(all);
    const modules = types.map((type, i) => [`usecases/event-${i}.ts`, moduleOf(type, from)]);
    const root = writeProject(`published-${all}`, Object.fromEntries(modules));
    const { diagnostics } = await compile({ root, types: false });
    const refused = types.filter((_, i) => diagnostics.some(({ span }) => span.file === `usecases/event-${i}.ts`));
    expect(all - refused.length).toBe(accepted);
    expect(reasonsOf(diagnostics)).toEqual(reasons);
    for (const { code, related } of diagnostics) {
      expect(code).toBe("unsupported-type");
      expect(related?.[0]?.span.file).toContain("node_modules/");
    }

    const known = refused.map((type, i) => [`usecases/known-${i}.ts`, moduleOfKnown(type, from)]);
    const again = await compile({ root: writeProject(`known-${all}`, Object.fromEntries(known)), types: false });
    const stillRefused = new Set(again.diagnostics.map(({ span }) => refused[Number(/\d+/.exec(span.file)?.[0])]));
    expect([...stillRefused].sort()).toEqual(evenKnown);
  },
  120_000,
);
