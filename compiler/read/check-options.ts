import { dirname, resolve } from "node:path";
import { parseTsconfig } from "get-tsconfig";
import { absolutePaths, type Tsconfig } from "../../loader/tsconfig.ts";
import { installedTypescript } from "./typescript-package.ts";

type Options = Readonly<Record<string, unknown>>;

/**
 * What to set over a project's own settings so that the compiler's TypeScript finds the errors that the project's finds,
 * and no others: nothing of what `tsc` writes and where, which does not make sense here; and where the project's TypeScript
 * is older, its defaults, and the nearest to what there is no more. `null` takes a setting back. With `native`, what the
 * native `tsc` has no more stays where the project's own `tsc` is the native one.
 */
export function checkOptions(tsconfig: string, judge?: "native"): Options {
  const config = readConfig(tsconfig);
  const given: Options = { ...config?.compilerOptions };
  const { folder, major } = installedTypescript(tsconfig);
  const isOlder = major < 6;
  // What it refuses itself, it is to refuse here.
  const isSame = judge === "native" && folder !== undefined && major >= 7;
  const { baseUrl, ...others } = given;
  return {
    ...NOT_WRITTEN,
    ...declarations(given),
    ...(isOlder && olderDefaults(given)),
    ...(!isSame && { ...removedOptions(given), ...resolution(given, isOlder) }),
    // What a module means by itself, which is how it is loaded.
    ...(judge === "native" && { isolatedModules: true }),
    ...(config && movedPaths(isSame ? others : { baseUrl, ...others }, { path: tsconfig, config })),
  };
}

/**
 * The same for TypeScript 6, which has all that older versions have: for the API, which reads the settings where they are.
 * `asGiven` are those that tsconfig.json has itself, and nothing that follows from them.
 */
export function confirmingOptions(tsconfig: string, asGiven: Options): Options {
  const { allowSyntheticDefaultImports } = asGiven;
  const given: Options = { ...readConfig(tsconfig)?.compilerOptions, allowSyntheticDefaultImports };
  return {
    ...NOT_WRITTEN,
    ...declarations(given),
    ...(installedTypescript(tsconfig).major < 6 && { ...olderDefaults(given), ...olderModules(given) }),
    ignoreDeprecations: "6.0",
  };
}

/** Whether the project itself has its modules compiled one by one, and `tsc` tells of all that this does not take. */
export function isIsolated(tsconfig: string): boolean {
  const { isolatedModules, verbatimModuleSyntax } = readConfig(tsconfig)?.compilerOptions ?? {};
  return isolatedModules === true || verbatimModuleSyntax === true;
}

/** Where, what and how `tsc` writes; what contradicts one of these is null, too. */
const NOT_WRITTEN: Options = {
  noEmit: true,
  composite: null,
  incremental: null,
  tsBuildInfoFile: null,
  emitDeclarationOnly: null,
  declarationMap: null,
  declarationDir: null,
  outDir: null,
  rootDir: null,
  sourceMap: null,
  inlineSourceMap: null,
  inlineSources: null,
  mapRoot: null,
  sourceRoot: null,
  preserveConstEnums: null,
  plugins: null,
  ignoreDeprecations: null,
};

/** Who writes declarations is told what can't be declared, without which `isolatedDeclarations` means nothing. */
function declarations({ declaration, composite }: Options): Options {
  return { declaration: declaration === false ? null : declaration === true || composite === true || null };
}

/** What versions before 6 take where nothing is said. */
function olderDefaults({ strict, types, target, lib, noUncheckedSideEffectImports }: Options): Options {
  return {
    ...(strict === undefined && { strict: false }),
    ...(types === undefined && { types: ["*"] }),
    ...(target === undefined && { target: "es2015", ...(lib === undefined && { lib: ES5_LIBRARY }) }),
    ...(noUncheckedSideEffectImports === undefined && { noUncheckedSideEffectImports: false }),
  };
}

/** What they take for modules, as far as TypeScript 6 takes it otherwise. */
function olderModules({ module, target, moduleResolution, ...given }: Options): Options {
  const format = String(module ?? (isBeforeModules(target) ? "commonjs" : "es2015")).toLowerCase();
  const isNodes = /^node/.test(format);
  const isInteroperable = given.esModuleInterop ?? (isNodes || format === "preserve");
  const isBundlers = /^(system|preserve)$/.test(format) || /^bundler$/i.test(String(moduleResolution));
  return {
    module: format,
    esModuleInterop: isInteroperable,
    allowSyntheticDefaultImports: given.allowSyntheticDefaultImports ?? (isInteroperable || isBundlers),
    ...(moduleResolution === undefined && /^commonjs$/.test(format) && { moduleResolution: "node10" }),
  };
}

/** Whether JavaScript of that version, or of what versions before 6 take where none is said, has no modules. */
function isBeforeModules(target: unknown): boolean {
  return target === undefined || /^es[35]$/i.test(String(target));
}

const ES5_LIBRARY = ["es5", "dom", "webworker.importscripts", "scripthost"];

/** The compiler's TypeScript ends where it finds one of these. */
function removedOptions({ target, lib, alwaysStrict, esModuleInterop, ...given }: Options): Options {
  return {
    ...(target !== undefined &&
      isBeforeModules(target) && { target: "es2015", ...(lib === undefined && { lib: ES5_LIBRARY }) }),
    ...(alwaysStrict === false && { alwaysStrict: null }),
    ...(esModuleInterop === false && { esModuleInterop: null }),
    ...(given.allowSyntheticDefaultImports === false && { allowSyntheticDefaultImports: null }),
    ...("downlevelIteration" in given && { downlevelIteration: null }),
    ...("outFile" in given && { outFile: null }),
  };
}

/** Older ways to find modules, in today's terms: as bundlers do it, without what package.json says of `exports`. */
function resolution({ module, moduleResolution, target, resolveJsonModule }: Options, isOlder: boolean): Options {
  const olderFormat = isBeforeModules(target) ? "commonjs" : "es2015";
  const format = String(module ?? (isOlder ? olderFormat : "")).toLowerCase();
  const way = String(moduleResolution ?? "").toLowerCase();
  const isOldFormat = ["amd", "umd", "system", "none"].includes(format);
  const isOldWay = ["node", "node10", "classic"].includes(way);
  const isOldDefault = way === "" && (isOldFormat || (isOlder && /^(commonjs|es)/.test(format)));
  return {
    ...(isOldFormat && { module: "commonjs" }),
    ...(module === undefined && isOlder && { module: olderFormat }),
    ...((isOldWay || isOldDefault || isOldFormat) && {
      moduleResolution: "bundler",
      resolvePackageJsonExports: false,
      resolvePackageJsonImports: false,
      resolveJsonModule: resolveJsonModule ?? false,
    }),
  };
}

/**
 * Paths that are not the same from another folder's config, which extends this one: `${configDir}`, and what `baseUrl`,
 * which is no more, is the base of.
 */
function movedPaths({ baseUrl, typeRoots, rootDirs, types }: Options, tsconfig: Tsconfig): Options {
  const folder = dirname(tsconfig.path);
  const from = (base: string) => (path: string) => resolve(base, path).replaceAll("\\", "/");
  const paths = absolutePaths(tsconfig);
  return {
    ...(Array.isArray(typeRoots) && { typeRoots: typeRoots.map(from(folder)) }),
    ...(Array.isArray(rootDirs) && { rootDirs: rootDirs.map(from(folder)) }),
    ...(Array.isArray(types) && { types: types.map((one: string) => (one.startsWith(".") ? from(folder)(one) : one)) }),
    ...(Object.keys(paths).length > 0 && { paths }),
    ...(typeof baseUrl === "string" && {
      baseUrl: null,
      paths: { ...paths, "*": [...(paths["*"] ?? []), `${from(folder)(baseUrl)}/*`] },
    }),
  };
}

function readConfig(tsconfig: string): Tsconfig["config"] | undefined {
  try {
    return parseTsconfig(tsconfig);
  } catch {
    // What the matter is with it, whoever reads it for good will say.
    return undefined;
  }
}
