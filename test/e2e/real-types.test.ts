import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { type Compilation, compile } from "../../compiler/build/compile.ts";
import { kebabCase, upperCamel } from "../../compiler/model/naming.ts";
import { tscScript } from "../../compiler/read/typescript-package.ts";
import type { Emitted } from "../compiler/emit/load.ts";
import { moduleOf, moduleOfPortable } from "../compiler/published-module.ts";
import { writeProject } from "../compiler/read/scratch-project.ts";

/*
 * Event types that nobody here wrote, as they are published: each is a use case's event, and what is generated of it
 * takes the payloads that its publisher gives as examples.
 */

interface Examples {
  readonly name: string;
  readonly examples: readonly object[];
}

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** Of GitHub, then of its enterprise servers. */
const SOURCES = ["api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"];

const require = createRequire(import.meta.url);
const [webhooks = [], ...ofServers] = SOURCES.map(
  (source) => require(`@octokit/webhooks-examples/${source}/index.json`) as readonly Examples[],
);

/** `pull_request` → `PullRequestEvent`. */
function typeOf(webhook: string): string {
  return `${upperCamel(webhook)}Event`;
}

/** Compiles use cases, writes what follows of those without fault, and loads it on demand. */
async function build(project: string, modules: Readonly<Record<string, string>>) {
  const files = Object.entries(modules).map(([name, text]) => [`usecases/${name}.ts`, text] as const);
  const all = await compile({ root: writeProject(project, Object.fromEntries(files)), types: false });
  const faulty = new Set(all.diagnostics.map(({ span }) => span.file));
  const root = writeProject(project, Object.fromEntries(files.filter(([path]) => !faulty.has(path))));
  const { outputs, useCases, diagnostics } = await compile({ root, types: false });
  expect(diagnostics).toEqual([]);
  for (const { path, text } of outputs) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const load = async (name: string): Promise<Emitted> => {
    const folder = join(root, "generated", name);
    return { ...(await import(join(folder, "codec.ts"))), ...(await import(join(folder, "validate.ts"))) } as Emitted;
  };
  const accepted = Object.keys(modules).filter((name) => !faulty.has(`usecases/${name}.ts`));
  const eventOf = (useCase: string) => useCases.find(({ name }) => name === useCase)?.event.name;
  return { root, all, load, accepted, eventOf };
}

/** What is wrong with one payload; `undefined`: it is valid, and comes back as it was. */
function faultOf(payload: object, { validate, encode, decode }: Emitted): string | undefined {
  const violations = validate(payload);
  if (violations) return violations.map(({ path, rule, found }) => `${path} ${rule}, found ${found}`).join("; ");
  return isDeepStrictEqual(decode(encode(payload)), payload) ? undefined : "it comes back as another";
}

/** What is refused, by use case. */
function refusals({ diagnostics }: Compilation): Record<string, string[]> {
  const byUseCase = Object.groupBy(diagnostics, ({ span }) => span.file.slice("usecases/".length, -".ts".length));
  return Object.fromEntries(
    Object.entries(byUseCase).map(([name, found = []]) => [name, found.map(({ message }) => message).sort()]),
  );
}

describe("webhooks of GitHub, as @octokit/webhooks-types has them", () => {
  let built: Awaited<ReturnType<typeof build>>;
  /** Of what is refused, with Json in place of what is not known. */
  let builtPortable: typeof built;
  const nameOf = (webhook: string) => `${kebabCase(webhook)}`;

  beforeAll(async () => {
    const modules = webhooks.map(({ name }) => [nameOf(name), moduleOf(typeOf(name), "@octokit/webhooks-types")]);
    built = await build("octokit", Object.fromEntries(modules));
    const refused = webhooks.filter(({ name }) => !built.accepted.includes(nameOf(name)));
    const known = refused.map(({ name }) => [nameOf(name), moduleOfPortable(typeOf(name), "@octokit/webhooks-types")]);
    builtPortable = await build("octokit-portable", Object.fromEntries(known));
  }, 120_000);

  test("those that are refused are accepted with Json in place of what is not known", () => {
    expect(builtPortable.accepted).toHaveLength(6);
  });

  test("52 of 58 are accepted, those that everybody uses among them", () => {
    expect(webhooks).toHaveLength(58);
    expect(built.accepted).toHaveLength(52);
    expect(built.accepted).toEqual(expect.arrayContaining(["push", "pull-request", "issues", "workflow-run"]));
  });

  test("the others are refused for what has no type, where it is written", () => {
    const refused = (type: string, parts: string) => [
      `\`${type}\` of @octokit/webhooks-types has what can't be sent: ${parts}.`,
    ];
    const anything = (path: string, type = "{ [k: string]: unknown; }") =>
      `${path} is \`${type}\`, which says nothing of its values`;
    expect(refusals(built.all)).toEqual({
      deployment: refused("DeploymentEvent", anything("DeploymentEvent.deployment.payload[*]")),
      "deployment-status": refused("DeploymentStatusEvent", anything("DeploymentStatusEvent.deployment.payload[*]")),
      package: [
        expect.stringMatching(/ PackageEvent\.package\.package_version\.metadata\[\] is .*; and 6 more like these\.$/),
      ],
      "repository-dispatch": refused("RepositoryDispatchEvent", anything("RepositoryDispatchEvent.client_payload[*]")),
      "workflow-dispatch": refused(
        "WorkflowDispatchEvent",
        anything("WorkflowDispatchEvent.inputs[*]", "{ [k: string]: unknown; } | null"),
      ),
      "workflow-job": refused("WorkflowJobEvent", anything("WorkflowJobEvent.deployment.payload[*]")),
    });
    for (const { related } of built.all.diagnostics) {
      expect(related?.[0]?.span.file).toMatch(/node_modules\/@octokit\/webhooks-types\/schema\.d\.ts$/);
    }
  });

  test("what is generated compiles as strictly as this repository, and takes what a caller has of the declared type", () => {
    const lines = webhooks
      .filter(({ name }) => built.accepted.includes(nameOf(name)))
      .flatMap(({ name }) => [
        `import type { ${built.eventOf(nameOf(name))} as Emitted_${name} } from "./generated/${nameOf(name)}/event.ts";`,
        `export const ${name}_ = (event: declared.${typeOf(name)}): Emitted_${name} => event;`,
      ]);
    writeFileSync(
      join(built.root, "fits.ts"),
      ['import type * as declared from "@octokit/webhooks-types";', ...lines].join("\n"),
    );
    const config = { extends: join(REPOSITORY, "tsconfig.json"), include: ["generated", "fits.ts"], exclude: [] };
    writeFileSync(join(built.root, "tsconfig.json"), JSON.stringify(config));
    expect(tsc(built.root)).toBe("");
  }, 120_000);

  test("payloads are valid if and only if tsc finds that they are of their type, and come back unchanged", async () => {
    const payloads = [webhooks, ...ofServers].flatMap((source, i) =>
      source
        .filter(({ name }) => webhooks.some((webhook) => webhook.name === name))
        .flatMap(({ name, examples }) =>
          examples.map((payload, j) => ({ name, id: `source${i}_${name}_${j}`, isOfServer: i > 0, payload })),
        ),
    );
    const loadEmitted = (name: string) =>
      (built.accepted.includes(nameOf(name)) ? built : builtPortable).load(nameOf(name));
    const faults = new Map<string, string>();
    for (const { name, id, payload } of payloads) {
      const fault = faultOf(payload, await loadEmitted(name));
      if (fault !== undefined) faults.set(id, fault);
    }
    const refusedByTsc = await assignable(built.root, payloads);
    expect([...faults.keys()]).toEqual(refusedByTsc);
    const counts = (isOfServer: boolean) => {
      const all = payloads.filter((payload) => payload.isOfServer === isOfServer);
      return { all: all.length, valid: all.filter(({ id }) => !faults.has(id)).length };
    };
    expect([counts(false), counts(true)]).toEqual([
      { all: 329, valid: 278 },
      { all: 364, valid: 5 },
    ]);
  }, 120_000);
});

function tsc(root: string): string {
  const options = { encoding: "utf8", maxBuffer: 2 ** 28 } as const;
  return spawnSync(process.execPath, [tscScript(), "--pretty", "false", "-p", root], options).stdout;
}

/** The ids of payloads that tsc refuses as values of their types. */
async function assignable(
  root: string,
  payloads: readonly { readonly name: string; readonly id: string; readonly payload: object }[],
): Promise<string[]> {
  const lines = payloads.map(
    ({ name, id, payload }) => `export const ${id}: t.${typeOf(name)} = ${JSON.stringify(payload)};`,
  );
  writeFileSync(join(root, "payloads.ts"), ['import type * as t from "@octokit/webhooks-types";', ...lines].join("\n"));
  const options = { strict: true, noEmit: true, module: "nodenext", target: "es2024", skipLibCheck: true, types: [] };
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["payloads.ts"] }));
  const faulty = new Set(Array.from(tsc(root).matchAll(/^\S*payloads\.ts\((\d+),/gm), ([, line]) => Number(line)));
  return payloads.filter((_, i) => faulty.has(i + 2)).map(({ id }) => id);
}

describe("events of AWS Lambda, as @types/aws-lambda has them", () => {
  let built: Awaited<ReturnType<typeof build>>;

  beforeAll(async () => {
    built = await build("aws-lambda", {
      s3: moduleOf("S3Event", "aws-lambda"),
      sqs: moduleOf("SQSEvent", "aws-lambda"),
      "dynamodb-stream": moduleOf("DynamoDBStreamEvent", "aws-lambda"),
      "dynamodb-stream-portable": moduleOfPortable("DynamoDBStreamEvent", "aws-lambda"),
    });
  }, 120_000);

  test("those with a type for everything, or Json in its place, are accepted", () => {
    expect(built.accepted).toEqual(["s3", "sqs", "dynamodb-stream-portable"]);
    expect(refusals(built.all)).toEqual({
      "dynamodb-stream": [
        "`DynamoDBStreamEvent` of @types/aws-lambda has what can't be sent: DynamoDBStreamEvent.Records[].userIdentity is " +
          "`any`, which says nothing of its values.",
      ],
    });
  });

  test.each([
    ["s3", "s3-put.json"],
    ["sqs", "sqs-receive.json"],
    ["dynamodb-stream-portable", "dynamodb-update.json"],
  ])("%s takes the payload that AWS documents, and brings it back unchanged", async (name, file) => {
    const payload = require(resolve(import.meta.dirname, "real-types", file)) as object;
    expect(faultOf(payload, await built.load(name))).toBeUndefined();
  });
});
