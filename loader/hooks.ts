import { readFileSync, realpathSync } from "node:fs";
import module from "node:module";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { commonJsImport, commonJsModule } from "./commonjs-imports.ts";
import { createCompile } from "./compiled.ts";
import { formatOf, isNodesOwn } from "./format.ts";
import { isTypeScript, sourceAt, sourceOf } from "./resolve.ts";
import { createSettingsFinder } from "./tsconfig.ts";

export interface LoaderOptions {
  /** The folder that keeps the JavaScript that was made of modules. Default: every process makes it anew. */
  readonly cache?: string | undefined;
}

/** Below a project's root, where its use cases' JavaScript is kept. */
export const MODULE_CACHE = ".fivefold/cache/modules";

/** A JSON file that a module imports without saying so, as bundlers and CommonJS take it. */
const PLAIN_JSON = "?fivefold-json";

let isRegistered = false;

/**
 * From now on this process loads modules as `tsc` takes them: it finds what the nearest tsconfig.json finds, and runs what
 * Node's own type stripping does not. Modules that Node runs as they are stay Node's. Does nothing when called again.
 */
export function loadTypeScript({ cache }: LoaderOptions = {}): void {
  if (isRegistered) return;
  isRegistered = true;
  const finder = createSettingsFinder();
  const compile = createCompile(cache);
  // What is made of a module leads back to it, in stacks and in debuggers.
  process.setSourceMapsEnabled(true);
  module.registerHooks({
    resolve(specifier, context, nextResolve) {
      const from = fileOf(context.parentURL);
      if (!from || (isInstalled(from) && !isTypeScript(from))) return nextResolve(specifier, context);
      const settings = finder.of(from);
      // What was built beside its source means what it says.
      const source = isTypeScript(from) ? sourceOf(specifier, from, settings) : undefined;
      const isImport = isTypeScript(from) && !context.conditions.includes("require");
      const offering = (resolved: module.ResolveFnOutput): module.ResolveFnOutput => {
        const url = isImport && commonJsImport(resolved.url, resolved.format, { specifier, from, settings });
        return url ? { ...resolved, url, format: "module" } : resolved;
      };
      if (source) return offering(found(source, context));
      const custom = settings.tsconfig?.config.compilerOptions?.customConditions ?? [];
      try {
        const conditions = [...context.conditions, ...custom];
        return offering(nextResolve(specifier, custom.length > 0 ? { ...context, conditions } : context));
      } catch (error) {
        // What package.json leads to, or JavaScript asks for, may be there in TypeScript only.
        const sought = fileOf((error as { readonly url?: string }).url);
        const instead = sought ? sourceAt(sought) : sourceOf(specifier, from, settings);
        if (!instead) throw error;
        return found(instead, context);
      }
    },
    load(url, context, nextLoad) {
      const path = fileOf(url);
      if (!path) return nextLoad(url, context);
      const offered = commonJsModule(url);
      if (offered) return { format: "module", source: offered, shortCircuit: true };
      if (url.endsWith(PLAIN_JSON)) {
        return { format: "module", source: jsonModule(readFileSync(path, "utf8")), shortCircuit: true };
      }
      if (!isTypeScript(path) || isOwn(path)) return nextLoad(url, context);
      const settings = finder.of(path);
      const format = formatOf(path, settings);
      const text = readFileSync(path, "utf8");
      if (isNodesOwn(path, format, settings, text)) return nextLoad(url, { ...context, format: "module-typescript" });
      const source = compile(text, { path, format, settings });
      return { format, source, shortCircuit: true };
    },
  });
}

/** A package's file, rather than the project's own. */
function isInstalled(path: string): boolean {
  return path.includes("/node_modules/");
}

/** In a checkout of this package, what Node runs as it is: what compiles can't compile itself, either. */
function isOwn(path: string): boolean {
  return path.startsWith(`${import.meta.dirname}/`) || path.startsWith(`${dirname(import.meta.dirname)}/runtime/`);
}

function fileOf(url: string | undefined): string | undefined {
  return url?.startsWith("file:") ? fileURLToPath(url) : undefined;
}

/** The answer of a resolving hook. Linked files are known by their real paths, as Node knows them. */
function found(path: string, { importAttributes, conditions }: module.ResolveHookContext): module.ResolveFnOutput {
  const { href } = pathToFileURL(realpathSync(path));
  const isPlainJson = path.endsWith(".json") && !importAttributes?.type && !conditions.includes("require");
  return { url: isPlainJson ? href + PLAIN_JSON : href, importAttributes, shortCircuit: true };
}

/** A JSON file as an ES module: whole by default, and its keys by name, as bundlers offer them. */
function jsonModule(text: string): string {
  const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
  const keys = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  const names = keys.filter((key) => key !== "default" && key !== "__proto__");
  // Any string can be an export's name.
  const exports = names.map(
    (key, i) => `const v${i} = json[${JSON.stringify(key)}]; export { v${i} as ${JSON.stringify(key)} };`,
  );
  return [
    `const json = JSON.parse(${JSON.stringify(text.replace(/^\uFEFF/, ""))});`,
    "export default json;",
    ...exports,
  ].join("\n");
}
