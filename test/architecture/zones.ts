/** Who may import whom. The first zone whose pattern matches a path is the path's zone. */
export interface Zone {
  readonly name: string;
  readonly files: RegExp;
  /** Repository files that it may import; `$1` stands for what the zone's pattern captured. */
  readonly may: readonly string[];
  /** Packages that it may import. Builtins are written as `node:*`. */
  readonly packages: readonly string[];
}

/** What all sides of the runtime share, and the port that all layers stand on. */
const SHARED = ["runtime/(contract|transport)/.*"];

export const ZONES: readonly Zone[] = [
  { name: "usecases", files: /^usecases\//, may: ["runtime/authoring/.*", "usecases/.*"], packages: ["node:*"] },
  // Each setting told once: below the model. Of the runtime only the types of what it declares and is told.
  {
    name: "compiler/settings",
    files: /^compiler\/settings\//,
    may: ["compiler/settings/.*", "runtime/(authoring|contract)/.*"],
    packages: [],
  },
  // What a project gives by value: types, and nothing that a build or a worker would have to load with them.
  { name: "config", files: /^config\//, may: ["compiler/model/.*"], packages: [] },
  {
    name: "compiler/diagnostics",
    files: /^compiler\/diagnostics\//,
    may: ["compiler/diagnostics/.*"],
    packages: ["*"],
  },
  {
    name: "compiler/model",
    files: /^compiler\/model\//,
    may: ["compiler/(model|settings|diagnostics)/.*"],
    packages: [],
  },
  // JSON with places, and code as data to be laid out.
  { name: "compiler/text", files: /^compiler\/text\//, may: ["compiler/(text|model)/.*"], packages: [] },
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
      "compiler/(read|model|settings|pattern|diagnostics)/.*",
      "loader/.*",
      // What a cron says is told once.
      "runtime/schedules/.*",
    ],
    packages: ["ts-morph", "get-tsconfig", "node:*"],
  },
  {
    name: "compiler/check",
    files: /^compiler\/check\//,
    may: ["compiler/(check|model|settings|diagnostics)/.*"],
    packages: [],
  },
  {
    name: "compiler/evolution",
    files: /^compiler\/evolution\//,
    may: ["compiler/(evolution|model|settings|pattern|diagnostics)/.*"],
    packages: [],
  },
  {
    name: "compiler/lock",
    files: /^compiler\/lock\//,
    may: ["compiler/(lock|evolution|model|settings|text|diagnostics)/.*"],
    packages: [],
  },
  // Pure: model in, texts out. No builtin, so nothing to read a disk, a clock or the environment with.
  {
    name: "compiler/emit",
    files: /^compiler\/emit\//,
    may: ["compiler/(emit|model|settings|text)/.*", "runtime/contract/.*"],
    packages: [],
  },
  {
    name: "compiler/diff",
    files: /^compiler\/diff\//,
    may: ["compiler/(diff|emit|evolution|lock|model|settings|text)/.*", "runtime/contract/.*"],
    packages: [],
  },
  // Texts in, texts out; of emitters only how names are made in .proto files.
  {
    name: "compiler/importers",
    files: /^compiler\/importers\//,
    may: ["compiler/(importers|lock|model|settings|pattern|text|diagnostics)/.*", "compiler/emit/proto/.*"],
    packages: ["json-schema-to-typescript"],
  },
  // The engine around it all: cache, threads, outputs, watch.
  {
    name: "compiler/build",
    files: /^compiler\/build\//,
    may: ["compiler/.*", "loader/.*"],
    packages: ["ts-morph", "typescript", "node:*"],
  },
  { name: "runtime/contract", files: /^runtime\/contract\//, may: ["runtime/contract/.*"], packages: ["node:*"] },
  // Every use case imports it: it must not drag the layers along.
  {
    name: "runtime/authoring",
    files: /^runtime\/authoring\//,
    may: ["runtime/(authoring|contract)/.*"],
    packages: [],
  },
  // Of the authoring API only types: what a value of `Timestamp` or `Json` is.
  {
    name: "runtime/codec",
    files: /^runtime\/codec\//,
    may: ["runtime/(codec|authoring|contract)/.*"],
    packages: [],
  },
  // The only place that wires layers, and spans of what passes through them.
  { name: "the pipeline", files: /^runtime\/(pipeline|tracing)\//, may: ["runtime/.*", "loader/.*"], packages: ["*"] },
  {
    name: "the ports",
    files: /^runtime\/ports\//,
    may: ["runtime/(ports|frontend|scheduler|control)/.*", ...SHARED],
    packages: [],
  },
  // What counts crashes beside the transport, and who runs.
  { name: "crashes", files: /^runtime\/crashes\//, may: ["runtime/crashes/.*", ...SHARED], packages: ["node:*"] },
  // Adapters know the ports that they implement, which are beside those that need them; none knows another's.
  {
    name: "an adapter",
    files: /^runtime\/adapters\/(?:([^/]+)\/)?/,
    may: [
      "runtime/adapters/$1/.*",
      "runtime/adapters/[^/]+.ts",
      "runtime/(ports|frontend|scheduler|control|crashes)/.*",
      ...SHARED,
    ],
    packages: ["*"],
  },
  // Beside the layers: it reads what a worker and a connection show, and reaches into no layer.
  {
    name: "metrics",
    files: /^runtime\/metrics\//,
    may: ["runtime/(metrics|pipeline|ports)/.*", "runtime/[^/]+.ts", ...SHARED],
    packages: ["node:*"],
  },
  // Beside the layers: what becomes of tasks that were given up. It knows topics, and no layer.
  {
    name: "dead letters",
    files: /^runtime\/dead-letters\//,
    may: ["runtime/(dead-letters|ports)/.*", ...SHARED],
    packages: ["node:*"],
  },
  // Beside the layers: records that nobody consumes.
  { name: "strays", files: /^runtime\/strays\//, may: ["runtime/(strays|ports)/.*", ...SHARED], packages: [] },
  // Beside the layers: HTTP, and what enqueues. Events reach the frontend by what a client does.
  {
    name: "the gateway",
    files: /^runtime\/gateway\//,
    may: ["runtime/(gateway|authoring|codec|metrics|pipeline|ports)/.*", "runtime/[^/]+.ts", ...SHARED],
    packages: ["node:*"],
  },
  // Beside the layers: other databases, whose changes and outboxes become events. It reaches the frontend by what it is given.
  {
    name: "change capture",
    files: /^runtime\/capture\//,
    may: ["runtime/(capture|adapters/postgres)/.*", ...SHARED],
    packages: ["*"],
  },
  // Beside the layers: time as a producer, and which release runs which tasks. Whoever starts them enqueues and runs.
  {
    name: "schedules and releases",
    files: /^runtime\/(release|schedules)\//,
    may: ["runtime/($1|control)/.*", ...SHARED],
    packages: ["croner", "node:*"],
  },
  // What workers and receivers agree on.
  {
    name: "tasks over HTTP",
    files: /^runtime\/task-http\//,
    may: ["runtime/task-http/.*", ...SHARED],
    packages: ["node:*"],
  },
  // The other side of a target: the execution layer in somebody else's process.
  {
    name: "a receiver",
    files: /^runtime\/receiver\//,
    may: ["runtime/(receiver|task-http|execution)/.*", ...SHARED],
    packages: ["node:*"],
  },
  // Beside the layers: outcomes that come later, from wherever they arrive to who waits for them.
  {
    name: "callbacks",
    files: /^runtime\/callbacks\//,
    may: ["runtime/(callbacks|task-http|control)/.*", ...SHARED],
    packages: ["node:*"],
  },
  // Beside the layers: queues of other systems. What comes out of them is enqueued by whoever starts it.
  {
    name: "bridges",
    files: /^runtime\/bridges\//,
    may: ["runtime/bridges/.*", ...SHARED],
    packages: ["*"],
  },
  // Use cases' tests: all five layers in a process's memory.
  {
    name: "the testing kit",
    files: /^runtime\/testing\//,
    may: [
      "runtime/(testing|adapters/memory|authoring|pipeline|frontend|scheduler|control|ports)/.*",
      "runtime/[^/]+.ts",
      ...SHARED,
    ],
    packages: ["node:*"],
  },
  {
    name: "a runtime layer",
    files: /^runtime\/([^/]+)\//,
    may: ["runtime/$1/.*", "runtime/task-http/.*", ...SHARED],
    packages: ["*"],
  },
  // What programs import, and what a process is made of. It reaches into no layer: those are the pipeline's.
  {
    name: "the runtime's surface",
    files: /^runtime\//,
    may: [
      "runtime/[^/]+.ts",
      "runtime/(authoring|adapters|callbacks|capture|codec|control|crashes|dead-letters|gateway|metrics|pipeline|ports)/.*",
      "runtime/(bridges|receiver|release|schedules|strays|tracing)/.*",
      ...SHARED,
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
    may: ["loader/.*", "runtime/[^/]+.ts"],
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
  // What browsers run: it knows the server by its answers alone.
  { name: "console", files: /^console\//, may: ["console/.*"], packages: ["preact", "preact/hooks", "uplot"] },
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
    may: ["scripts/.*", "compiler/(settings|diagnostics|importers)/.*"],
    packages: ["rolldown", "ts-morph", "@microsoft/api-extractor", "node:*"],
  },
  { name: "tests", files: /^test\//, may: [".*"], packages: ["*"] },
  { name: "tools' settings", files: /^[^/]+\.config\.ts$/, may: [], packages: ["vitest/config"] },
];
