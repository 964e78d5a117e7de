import { upperCamel, words } from "../../compiler/model/naming.ts";

/*
 * What `fivefold new` writes, as texts.
 */

/**
 * Lower-case words joined by hyphens, and folders: `charge-card`, `billing/charge-card`. Who writes `usecases/greet`
 * means `greet`.
 */
export function isUseCasePath(path: string): boolean {
  return !path.startsWith("usecases/") && /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\/[a-z][a-z0-9]*(-[a-z0-9]+)*)*$/.test(path);
}

/** The nearest path that would do for one that does not, or `undefined`: `GreetUser.ts` to `greet-user`. */
export function suggestPath(path: string): string | undefined {
  const suggestion = path
    .replace(/^(\.?\/)*(usecases\/)?/, "")
    .replace(/\.[cm]?[jt]sx?$/, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9/]+/g, "-")
    .split("/")
    .map((segment) => segment.replace(/^[-0-9]+|-+$/g, ""))
    .filter((segment) => segment !== "")
    .join("/");
  return isUseCasePath(suggestion) && suggestion !== path ? suggestion : undefined;
}

/** The use case's name: its path, flat. */
export function useCaseName(path: string): string {
  return path.replaceAll("/", "-");
}

/** An event that the new use case accepts, as one would write it in a program. */
export const EXAMPLE_EVENT = `{ subject: "world", count: 3 }`;

export function useCaseText(path: string): string {
  const event = `${upperCamel(path.split("/").at(-1) ?? path)}Requested`;
  return `import { exponential, type Int, RejectError, type Text, useCase } from "fivefold";

/**
 * ${words(path)
   .join(" ")
   .replace(/^./, (letter) => letter.toUpperCase())} was asked for.
 *
 * This type is the contract: the client, validator, codec and protobuf schema follow from it, and so do these comments.
 */
export interface ${event} {
  /** What it is about. */
  subject: Text<{ minLength: 1; maxLength: 100 }>;
  /** How many of them. */
  count: Int<{ min: 1; max: 1000 }>;
  /** Who asked. A field with a question mark may be absent. */
  requestedBy?: string;
}

${useCaseCall(
  event,
  "subject",
  `    if (event.subject === "nobody") throw new RejectError("there is nothing to do for nobody");
    console.log(\`\${event.count} × \${event.subject}, task \${task.id}, try \${task.attempt}\`);`,
)}`;
}

/** A contract as it was imported. */
interface ImportedTypes {
  /** The name of the event's type. */
  readonly event: string;
  /** The types' declarations. */
  readonly text: string;
  /** Names of the package's types that the text uses. */
  readonly imports: readonly string[];
  /** A field that settings may name; absent: there is none. */
  readonly key?: string;
}

/** A use case whose event is an imported contract; `source` is the contract's file. */
export function importedUseCaseText(source: string, { event, text, imports, key }: ImportedTypes): string {
  const names = ["exponential", ...imports.map((name) => `type ${name}`), "useCase"].sort(byName);
  return `import { ${names.join(", ")} } from "fivefold";

// Imported from ${source.replaceAll(/\s/g, " ")}. From here on these types are the contract: a change belongs here.

${text}

${useCaseCall(event, key, `    console.log(\`task \${task.id}, try \${task.attempt}\`, event);`)}`;
}

/** As Biome sorts imports. */
function byName(one: string, other: string): number {
  const key = (name: string) => name.replace("type ", "").toLowerCase();
  return key(one) < key(other) ? -1 : 1;
}

/** The use case, with room for what others set; `key` is a field that settings may name. */
function useCaseCall(event: string, key: string | undefined, handler: string): string {
  const hints = [
    ...(key === undefined
      ? []
      : [[`frontend:    { dedupeBy: "${key}" }`, "accept an event once, however often it is sent"]]),
    ...(key === undefined
      ? []
      : [[`scheduler:   { orderBy: "${key}" }`, `run the tasks of one ${key} one after another`]]),
    ['flowControl: { priority: "high", maxInFlight: 16 }', "bound and rank what runs at once"],
  ];
  const width = Math.max(...hints.map(([setting]) => setting?.length ?? 0));
  return `export default useCase<${event}>({
  // The team that answers for this use case.
  owner: "my-team",

  // Every layer has defaults that are safe in production, so these lines could go. Others that are often set:
${hints.map(([setting = "", why = ""]) => `  //   ${setting.padEnd(width)}    ${why}`).join("\n")}
  delivery: { retry: { max: 5, backoff: exponential("1s", "5m") } },
  execution: { timeout: "30s" },

  // Runs at least once for every event: after a crash the same task may come again, with the same \`task.id\`.
  // What it throws is retried as said above; a RejectError is not, and makes the task a dead letter.
  handler: async (event, task) => {
${handler}
  },
});
`;
}

/** The least that use cases and generated code need: Node runs both as they are, so types must be erasable. */
export const TSCONFIG = tsconfig(["erasableSyntaxOnly", "verbatimModuleSyntax"]);

/** Of a CommonJS package: Node does not run its imports as they are, so that nothing has to be erasable. */
export const COMMONJS_TSCONFIG = tsconfig([]);

function tsconfig(strictness: readonly string[]): string {
  const flags = ["strict", ...strictness, "allowImportingTsExtensions", "skipLibCheck", "noEmit"];
  return `{
  "compilerOptions": {
    "target": "es2024",
    "lib": ["es2024"],
    "module": "nodenext",
    "types": ["node"],
${flags.map((flag) => `    "${flag}": true`).join(",\n")}
  }
}
`;
}

/** What `AGENTS.md` says of use cases. */
export const AGENTS_SECTION = `## Fivefold

Asynchronous work is declared in \`usecases/\`, one TypeScript module each: its default export is \`useCase<Event>({ … })\`.
The event's type is the contract, for TypeScript and for other languages. \`generated/\` and \`contracts.lock.json\` are
written by the compiler and committed; never edit them.

- \`npx fivefold new <name>\` writes a use case that compiles.
- \`npx fivefold build --json\` compiles. Each diagnostic has its place, what was found, and the fix;
  \`npx fivefold explain <code>\` shows an example.
- \`npx fivefold diff --json\` tells what a change does to whom, and in which order to deploy. Run it before a merge.
- \`npx fivefold dev\` runs all use cases on this machine; \`npx fivefold enqueue <use-case> '<event as JSON>'\` sends an event,
  and \`npx fivefold why <use-case>\` says why nothing runs.
- A renamed field has \`@was oldName\` in its comment. A handler may run twice for one task: it must not matter.
- \`npx fivefold docs\` says what there is to read; \`npx fivefold docs agents\` is the page to begin with.
- \`npx fivefold mcp\` serves all of this as tools, by the Model Context Protocol.
`;
