import { handling, json, type Layout } from "./layout.ts";

/** One tsconfig.json for each part, and one that only refers to them. */
export const references: Layout = {
  name: "project references",
  files: {
    "package.json": json({ name: "shop", private: true, type: "module" }),
    "tsconfig.json": json({
      files: [],
      references: [{ path: "./web" }, { path: "./tsconfig.jobs.json" }],
    }),
    "configs/base.json": json({
      compilerOptions: {
        composite: true,
        strict: true,
        skipLibCheck: true,
        module: "esnext",
        moduleResolution: "bundler",
        types: ["node"],
        outDir: `\${configDir}/out`,
        paths: { "#lib/*": [`\${configDir}/lib/*`] },
      },
    }),
    "tsconfig.jobs.json": json({
      extends: "./configs/base.json",
      compilerOptions: { declarationMap: true },
      include: ["usecases", "lib", "generated", "src", "test"],
    }),
    "web/tsconfig.json": json({ extends: "../configs/base.json", include: ["*.ts"] }),
    "web/index.ts": "export const web = 1;\n",
    "lib/thing.ts": "export enum Thing { A = 'a' }\n",
  },
  useCase: {
    "usecases/ask.ts": handling('import { Thing } from "#lib/thing";', "Thing.A"),
  },
  tsc: ["-b"],
  vitest: "resolve: { tsconfigPaths: true }",
  prints: "a",
  edit: { path: "lib/thing.ts", from: "'a'", to: "'b'", prints: "b" },
  ending: "",
};

export const workspaces: Layout = {
  name: "npm workspaces, whose packages are sources",
  folder: "apps/jobs",
  files: {
    "package.json": json({ name: "shop", private: true, workspaces: ["packages/*", "apps/*"] }),
    "packages/money/package.json": json({ name: "@shop/money", type: "module", exports: "./src/index.ts" }),
    "packages/money/tsconfig.json": json({
      compilerOptions: { module: "nodenext", strict: true, composite: true, outDir: "dist" },
    }),
    "packages/money/src/index.ts": 'export { Currency } from "./currency.js";\n',
    "packages/money/src/currency.ts": "export enum Currency { EUR = 'eur' }\n",
    "packages/tax/package.json": json({
      name: "@shop/tax",
      type: "module",
      exports: { ".": { "@shop/source": "./src/index.ts", default: "./dist/index.js" } },
      dependencies: { "@shop/money": "*" },
    }),
    "packages/tax/src/index.ts":
      'import { Currency } from "@shop/money";\nexport const rates: Record<string, number> = { [Currency.EUR]: 0.2 };\n',
    "packages/tax/test/fixtures/tsconfig.json": json({ extends: "./none.json" }),
    "packages/tax/test/fixtures/wrong.ts": "export const = ;\n",
    // As it is where packages are copied rather than linked.
    "node_modules/@shop/copied/package.json": json({ name: "@shop/copied", type: "module", exports: "./index.ts" }),
    "node_modules/@shop/copied/index.ts": "export enum Copied { Yes = 'copied' }\n",
    "apps/jobs/package.json": json({
      name: "jobs",
      private: true,
      type: "module",
      dependencies: { "@shop/money": "*", "@shop/tax": "*" },
    }),
    "apps/jobs/tsconfig.json": json({
      compilerOptions: {
        module: "nodenext",
        target: "es2023",
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ["node"],
        customConditions: ["@shop/source"],
      },
      references: [{ path: "../../packages/money" }],
    }),
  },
  links: { "@shop/money": "packages/money", "@shop/tax": "packages/tax", jobs: "apps/jobs" },
  useCase: {
    "apps/jobs/usecases/ask.ts": handling(
      `import { Copied } from "@shop/copied";\nimport { Currency } from "@shop/money";\nimport { rates } from "@shop/tax";`,
      "Currency.EUR, rates[Currency.EUR], Copied.Yes",
    ),
  },
  tsc: ["-b"],
  vitest: 'ssr: { resolve: { conditions: ["@shop/source", "module", "node"] } }',
  prints: "eur 0.2 copied",
  edit: { path: "packages/tax/src/index.ts", from: "0.2", to: "0.3", prints: "eur 0.3 copied" },
  ending: ".js",
};
