import { handling, json, type Layout } from "./layout.ts";
import { references, workspaces } from "./layouts-of-parts.ts";

/** Of a folder that has nothing but what `npm init` and `fivefold new` write. */
const empty: Layout = {
  name: "an empty folder, and what `fivefold new` writes there",
  files: {
    "package.json": json({ name: "shop", version: "1.0.0", type: "commonjs" }),
  },
  useCase: {
    "usecases/ask.ts": handling(`import { price } from "../src/price.ts";`, "price(2)"),
    "src/price.ts": "export const price = (count: number): number => count * 5;\n",
  },
  tsc: ["-p", "."],
  prints: "10",
  edit: { path: "src/price.ts", from: "* 5", to: "* 6", prints: "12" },
  ending: ".ts",
};

const nodeNext: Layout = {
  name: "NodeNext that `tsc` writes JavaScript of, with names of package.json and a package that is CommonJS",
  files: {
    "package.json": json({
      name: "shop",
      private: true,
      type: "module",
      imports: { "#src/*": "./src/*" },
      exports: { "./*": "./src/*" },
    }),
    "tsconfig.json": json({
      compilerOptions: {
        target: "es2023",
        module: "nodenext",
        strict: true,
        declaration: true,
        outDir: "dist",
        rootDir: ".",
        skipLibCheck: true,
        types: ["node"],
      },
      exclude: ["dist", "node_modules", "test"],
    }),
    "src/colour.ts": `export enum Colour { Red = "red" }\nexport type { Shade } from "./shade.js";\n`,
    "src/shade.ts": "export type Shade = 'dark' | 'light';\n",
    "src/tint.ts": `export enum Tint { Pale = "pale" }\n`,
    "node_modules/loose/package.json": json({ name: "loose", version: "1.0.0", types: "index.d.ts" }),
    "node_modules/loose/index.d.ts": "export declare const twice: (n: number) => number;\n",
    "node_modules/loose/index.js": "Object.assign(module.exports, { twice: (n) => 2 * n });\n",
  },
  useCase: {
    "usecases/ask.ts": handling(
      `import { twice } from "loose";
import { Tint } from "shop/tint.js";
import { Colour, type Shade } from "#src/colour.js";`,
      "Colour.Red, shade, Tint.Pale, twice(2)",
      `const shade: Shade = "dark";`,
    ),
  },
  tsc: ["-p", "."],
  prints: "red dark pale 4",
  edit: { path: "src/colour.ts", from: '"red"', to: '"scarlet"', prints: "scarlet dark pale 4" },
  ending: ".js",
};

const bundler: Layout = {
  name: "a bundler's resolution, with syntax that types can't be stripped from",
  files: {
    "package.json": json({ name: "shop", private: true, type: "module" }),
    "tsconfig.json": json({
      compilerOptions: {
        target: "es2022",
        module: "esnext",
        moduleResolution: "bundler",
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        resolveJsonModule: true,
        experimentalDecorators: true,
        types: ["node"],
      },
    }),
    "src/index.ts": `export { Colour, Counter, Order, shapes } from "./parts";\n`,
    "src/parts.ts": `function logged(_target: unknown, _name: string): void {}
export interface Order { id: string }
export enum Colour { Red = "red" }
export class Counter {
  constructor(private readonly start: number) {}
  @logged next(): number { return this.start + 1; }
}
export namespace shapes { export const square = 4; }
`,
    "src/data.json": json({ size: 3 }),
  },
  useCase: {
    "usecases/ask.ts": handling(
      `import { Colour, Counter, Order, shapes } from "../src";\nimport data from "../src/data.json";`,
      "Colour.Red, new Counter(1).next(), shapes.square, data.size, order.id",
      `const order: Order = { id: "o1" };`,
    ),
  },
  tsc: ["-p", "."],
  prints: "red 2 4 3 o1",
  edit: { path: "src/data.json", from: "3", to: "7", prints: "red 2 4 7 o1" },
  ending: "",
};

const commonJs: Layout = {
  name: "a CommonJS package",
  files: {
    "package.json": json({ name: "shop", private: true, type: "commonjs" }),
    "tsconfig.json": json({
      compilerOptions: {
        target: "es2022",
        module: "commonjs",
        moduleResolution: "bundler",
        esModuleInterop: true,
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ["node"],
      },
    }),
    "src/legacy.js": "module.exports = { legacy: () => 'legacy' };\n",
    "src/legacy.d.ts": "export declare function legacy(): string;\n",
    "src/helper.ts": "export const helper = (): string => typeof require + ' in ' + __filename.split('/').at(-1);\n",
  },
  useCase: {
    "usecases/ask.ts": handling(
      `import { helper } from "../src/helper";\nimport { legacy } from "../src/legacy";`,
      "legacy(), helper()",
    ),
  },
  tsc: ["-p", "."],
  prints: "legacy function in helper.ts",
  edit: { path: "src/helper.ts", from: " in ", to: " within ", prints: "legacy function within helper.ts" },
  ending: "",
};

/** As `npm init` of older versions leaves it, with what such a package would have. */
const commonJsNodeNext: Layout = {
  name: "a package without a type, which is CommonJS, without a tsconfig.json",
  files: {
    "package.json": json({ name: "shop", private: true }),
    "server.js": "const { hostname } = require('node:os');\nmodule.exports = { hostname };\n",
  },
  useCase: {
    "usecases/ask.ts": handling(`import { helper } from "../src/helper.ts";`, "helper()"),
    "src/helper.ts": `export enum Kind { Plain = "plain" }\nexport const helper = (): string => Kind.Plain;\n`,
  },
  tsc: ["-p", "."],
  prints: "plain",
  send: {
    path: "send.js",
    text: `const { ask } = require("./generated/ask/client.ts");\nask.enqueue({ id: "by-program" });\n`,
  },
  edit: { path: "src/helper.ts", from: `"plain"`, to: `"simple"`, prints: "simple" },
  ending: ".ts",
};

const nextLike: Layout = {
  name: "a project like those of Next.js",
  files: {
    "package.json": json({ name: "shop", private: true }),
    "next.config.js": "module.exports = { reactStrictMode: true };\n",
    "tsconfig.json": json({
      compilerOptions: {
        target: "ES2017",
        lib: ["dom", "dom.iterable", "esnext"],
        allowJs: true,
        skipLibCheck: true,
        strict: true,
        noEmit: true,
        esModuleInterop: true,
        module: "esnext",
        moduleResolution: "bundler",
        resolveJsonModule: true,
        isolatedModules: true,
        jsx: "preserve",
        incremental: true,
        plugins: [{ name: "next" }],
        types: ["node"],
        paths: { "@/*": ["./src/*"] },
      },
      include: ["next-env.d.ts", "**/*.ts", "**/*.tsx", ".next/types/**/*.ts"],
      exclude: ["node_modules"],
    }),
    "next-env.d.ts": "declare module '*.css' { const names: Record<string, string>; export default names; }\n",
    "src/components/mail.tsx": `export default function Mail({ name }: { name: string }) {
  return <p>Dear {name}</p>;
}
`,
    "src/lib/render.ts": `import { renderToStaticMarkup } from "react-dom/server";
import { createElement } from "react";
import Mail from "@/components/mail";

export const render = (name: string) => renderToStaticMarkup(createElement(Mail, { name }));
`,
    "src/app/page.css": ".form { color: red }\n",
  },
  useCase: {
    "usecases/ask.ts": handling(`import { render } from "@/lib/render";`, `render("Ada")`),
    "src/app/page.tsx": `import styles from "./page.css";
import { ask } from "../../generated/ask/client";

export default function Page() {
  return <form className={styles.form} action={() => void ask.enqueue({ id: "page" })} />;
}
`,
  },
  vitest: `resolve: { tsconfigPaths: true }, oxc: { jsx: { runtime: "automatic" } }`,
  tsc: ["-p", "."],
  prints: "<p>Dear Ada</p>",
  edit: { path: "src/components/mail.tsx", from: "Dear", to: "Hello", prints: "<p>Hello Ada</p>" },
  ending: "",
};

const tsx: Layout = {
  name: "use cases that are .tsx",
  files: {
    "package.json": json({ name: "shop", private: true, type: "module" }),
    "tsconfig.json": json({
      compilerOptions: {
        target: "es2022",
        module: "nodenext",
        jsx: "react-jsx",
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ["node"],
      },
    }),
    "src/mail.tsx": `export const Mail = ({ name }: { name: string }) => <p>Dear {identity<string>(name)}</p>;
const identity = <T,>(value: T) => value;
`,
  },
  useCase: {
    "usecases/ask.tsx": handling(
      `import { renderToStaticMarkup } from "react-dom/server";\nimport { Mail } from "../src/mail.js";`,
      `renderToStaticMarkup(<Mail name="Ada" />)`,
    ),
  },
  tsc: ["-p", "."],
  prints: "<p>Dear Ada</p>",
  edit: { path: "src/mail.tsx", from: "Dear", to: "Hello", prints: "<p>Hello Ada</p>" },
  ending: ".js",
};

export const LAYOUTS: readonly Layout[] = [
  empty,
  nodeNext,
  bundler,
  references,
  workspaces,
  commonJs,
  commonJsNodeNext,
  nextLike,
  tsx,
];
