/** Who may import whom. The first zone whose pattern matches a path is the path's zone. */
export interface Zone {
  readonly name: string;
  readonly files: RegExp;
  /** Repository files that it may import; `$1` stands for what the zone's pattern captured. */
  readonly may: readonly string[];
  /** Packages that it may import. Builtins are written as `node:*`. */
  readonly packages: readonly string[];
}

const RUNTIME_SHAPES = ["runtime/(contract|schedule|clock|errors|thrown).ts", "runtime/transport/transport.ts"];

export const ZONES: readonly Zone[] = [
  { name: "usecases", files: /^usecases\//, may: ["runtime/index.ts", "usecases/.*"], packages: ["node:*"] },
  // Each setting told once: below the model. Of the runtime only the types of what it declares and is told.
  {
    name: "compiler/settings",
    files: /^compiler\/settings\//,
    may: ["compiler/settings/.*", "runtime/(contract|schedule|types|use-case).ts"],
    packages: [],
  },
  {
    name: "compiler/model",
    files: /^compiler\/model\//,
    may: ["compiler/(model|settings)/.*", "compiler/diagnostics.ts"],
    packages: [],
  },
  {
    name: "compiler/pattern",
    files: /^compiler\/pattern\//,
    may: ["compiler/pattern/.*"],
    packages: ["@eslint-community/regexpp"],
  },
  {
    name: "compiler/read",
    files: /^compiler\/read\//,
    may: [
      "compiler/(read|model|settings|pattern)/.*",
      "compiler/diagnostics.ts",
      "loader/(format|resolve|tsconfig).ts",
      // What a cron says is told once.
      "runtime/schedules/ticks.ts",
    ],
    packages: ["ts-morph", "get-tsconfig", "node:*"],
  },
  {
    name: "compiler/check",
    files: /^compiler\/check\//,
    may: ["compiler/(check|model|settings|pattern)/.*", "compiler/diagnostics.ts"],
    packages: [],
  },
  // Pure: model in, texts out. No builtin, so nothing to read a disk, a clock or the environment with.
  {
    name: "compiler/emit",
    files: /^compiler\/emit\//,
    may: ["compiler/(emit|model|settings)/.*", "runtime/contract.ts"],
    packages: [],
  },
  // Texts in, texts out; of checks and emitters only what writes locks and source.
  {
    name: "compiler/import",
    files: /^compiler\/import\//,
    may: [
      "compiler/(import|model|settings|pattern)/.*",
      "compiler/diagnostics.ts",
      "compiler/catalogue/entry.ts",
      "compiler/check/(json|lock|lock-file|write-lock).ts",
      "compiler/emit/(source|proto-names).ts",
    ],
    packages: ["json-schema-to-typescript"],
  },
  {
    name: "compiler",
    files: /^compiler\//,
    may: ["compiler/.*", "loader/(compiled|format|resolve|tsconfig).ts", "runtime/contract.ts"],
    packages: ["ts-morph", "typescript", "node:*", "picocolors", "sarif"],
  },
  {
    name: "runtime's shapes",
    files: /^runtime\/(contract|schedule|clock|errors|thrown)\.ts$/,
    may: RUNTIME_SHAPES,
    packages: ["node:*"],
  },
  {
    name: "the pipeline",
    files:
      /^runtime\/(pipeline|frontend-on|relay-on|local-target|lone-task|lone-worker|remote-targets|retry-delays|subscriber-pipeline)\.ts$/,
    may: ["runtime/.*", "loader/register.ts"],
    packages: [],
  },
  {
    name: "the ports",
    files: /^runtime\/ports\.ts$/,
    may: ["runtime/clock.ts", "runtime/[^/]+/(transport|delay-store|dedupe-store|control-store).ts"],
    packages: [],
  },
  // They choose the adapters that a pipeline stands on; layers themselves are the pipeline's alone.
  {
    name: "a choice of ports",
    files: /^runtime\/(embedded|memory|postgres|pulsar)\.ts$/,
    may: ["runtime/[^/]+.ts", "runtime/[^/]+/(embedded|failover|lmdb-|postgres|pulsar|memory|crashes/).*"],
    packages: ["node:*"],
  },
  // Every use case imports it: it must not drag the layers along.
  {
    name: "the authoring API",
    files: /^runtime\/(change|handler|index|use-case|types|portable|outcome)\.ts$/,
    may: ["runtime/(change|contract|handler|schedule|use-case|types|portable|outcome).ts"],
    packages: [],
  },
  // Below the layers: tables on the disk or in a database, for the adapters of their ports.
  {
    name: "the storage",
    files: /^runtime\/storage\//,
    may: ["runtime/storage/.*", "runtime/(clock|contract|errors|thrown).ts"],
    packages: ["*"],
  },
  // Beside the layers: it reads what a worker and a connection show, and reaches into no layer.
  {
    name: "metrics",
    files: /^runtime\/metrics\//,
    may: ["runtime/metrics/.*", "runtime/(worker|connection|pipeline|ports).ts", ...RUNTIME_SHAPES],
    packages: ["node:*"],
  },
  // Beside the layers: what becomes of tasks that were given up. It knows topics, and no layer.
  {
    name: "dead letters",
    files: /^runtime\/dead-letters\//,
    may: ["runtime/dead-letters/.*", "runtime/(ports|publisher).ts", ...RUNTIME_SHAPES],
    packages: ["node:*"],
  },
  // Beside the layers: HTTP, and what enqueues. Events reach the frontend by what a client does.
  {
    name: "the gateway",
    files: /^runtime\/gateway\//,
    may: [
      "runtime/gateway/.*",
      "runtime/(client|connection|json-scalars|pipeline|ports|use-case|wire).ts",
      "runtime/metrics/exposition.ts",
      ...RUNTIME_SHAPES,
    ],
    packages: ["node:*"],
  },
  // Beside the layers: other databases, whose changes and outboxes become events. It reaches the frontend by what it is given.
  {
    name: "change capture",
    files: /^runtime\/capture\//,
    may: ["runtime/(capture|storage)/.*", ...RUNTIME_SHAPES],
    packages: ["*"],
  },
  // Beside the layers: time as a producer. What it fires is enqueued by whoever starts it.
  {
    name: "schedules",
    files: /^runtime\/schedules\//,
    may: ["runtime/schedules/.*", "runtime/control/control-store.ts", ...RUNTIME_SHAPES],
    packages: ["croner"],
  },
  // What workers and receivers agree on.
  {
    name: "tasks over HTTP",
    files: /^runtime\/task-http\//,
    may: ["runtime/task-http/.*", ...RUNTIME_SHAPES],
    packages: ["node:*"],
  },
  // The other side of a target: the execution layer in somebody else's process.
  {
    name: "a receiver",
    files: /^runtime\/receiver\//,
    may: ["runtime/(receiver|task-http)/.*", "runtime/execution/outcome-of.ts", ...RUNTIME_SHAPES],
    packages: ["node:*"],
  },
  // Beside the layers: outcomes that come later, from wherever they arrive to who waits for them.
  {
    name: "callbacks",
    files: /^runtime\/callbacks\//,
    may: ["runtime/(callbacks|task-http)/.*", "runtime/control/control-store.ts", ...RUNTIME_SHAPES],
    packages: ["node:*"],
  },
  {
    name: "a runtime layer",
    files: /^runtime\/([^/]+)\//,
    may: ["runtime/$1/.*", ...RUNTIME_SHAPES, "runtime/(storage|task-http)/.*"],
    packages: ["*"],
  },
  {
    name: "the runtime's surface",
    files: /^runtime\//,
    may: [
      "runtime/[^/]+.ts",
      "runtime/transport/transport.ts",
      "runtime/metrics/(metrics-server|failure-log).ts",
      "runtime/gateway/(gateway|gateway-options|entry).ts",
      "runtime/(capture|receiver|callbacks)/.*",
      "runtime/(dead-letters|schedules)/.*",
      "runtime/control/(control-store|overrides|permit-shares|rate-shares|task-questions|worker-reports).ts",
    ],
    packages: ["node:*"],
  },
  {
    name: "a generated executor",
    files: /^generated\/([^/]+)\/(?:executor|changes)\.ts$/,
    may: ["generated/$1/.*", "runtime/.*", "usecases/.*"],
    packages: [],
  },
  {
    name: "generated code",
    files: /^generated\/([^/]+)\//,
    may: ["generated/$1/(?!executor|changes).*", "runtime/.*"],
    packages: [],
  },
  {
    name: "stacks",
    files: /^stacks\//,
    may: ["stacks/.*", "generated/manifest.json"],
    packages: ["@pulumi/*", "@grafana/*", "node:*"],
  },
  // Runs beside whatever it loads.
  {
    name: "loader",
    files: /^loader\//,
    may: ["loader/.*", "runtime/connection.ts"],
    packages: ["ts-morph", "get-tsconfig", "node:*"],
  },
  {
    name: "TypeScript's API in the published package",
    files: /^cli\/typescript-api\.ts$/,
    may: [],
    packages: ["ts-morph", "node:*"],
  },
  {
    name: "cli",
    files: /^cli\//,
    may: ["cli/.*", "compiler/.*", "loader/.*", "runtime/.*"],
    packages: [
      "@modelcontextprotocol/server",
      "@modelcontextprotocol/server/stdio",
      "commander",
      "chokidar",
      "picocolors",
      "vscode-languageserver/node",
      "vscode-languageserver-textdocument",
      "zod",
      "node:*",
    ],
  },
  // It starts what an engineer would start, and reads what they would read.
  {
    name: "demo",
    files: /^demo\//,
    may: ["demo/.*", "compiler/.*", "runtime/.*", "generated/[^/]+/(client|event|executor).ts", "usecases/.*"],
    packages: ["picocolors", "node:*"],
  },
  {
    name: "scripts",
    files: /^scripts\//,
    may: ["scripts/.*", "compiler/(settings|catalogue)/.*", "compiler/import/catalogue.ts"],
    packages: ["rolldown", "ts-morph", "node:*"],
  },
  { name: "tests", files: /^test\//, may: [".*"], packages: ["*"] },
  { name: "tools' settings", files: /^[^/]+\.config\.ts$/, may: [], packages: ["vitest/config"] },
];
