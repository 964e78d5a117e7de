import { ts } from "ts-morph";
import type { Project } from "./open-project.ts";
import { libFolder } from "./typescript-package.ts";

export interface ProgramOptions {
  /**
   * Whether all is there that is declared globally: what tsconfig.json's `types` names, Node's most of all, and its `lib`.
   * Without, there are the objects of ES5 alone, which are all that an event needs.
   */
  readonly ambientTypes: boolean;
}

/**
 * Parses the use cases and all that they import, and binds names. Types are resolved when a reader asks for them.
 * `unparsed` holds the paths of what nests too deeply to be parsed.
 */
export function createProgram(
  { root, files, options, unsaved }: Project,
  { ambientTypes }: ProgramOptions,
): { readonly program: ts.Program; readonly unparsed: ReadonlySet<string> } {
  const settings: ts.CompilerOptions = {
    ...options,
    ...(!ambientTypes && { types: [], lib: ["lib.es5.d.ts"] }),
    // Without strict null checks a field's `null` and `undefined` would go unseen.
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  };
  const unparsed = new Set<string>();
  const host = createHost(settings, unsaved, unparsed);
  const rootNames = files.map((file) => `${root}/${file}`);
  return { program: ts.createProgram({ rootNames, options: settings, host }), unparsed };
}

/** Files that nest too deeply for the parser are taken for empty, and added to `unparsed`. */
function createHost(
  settings: ts.CompilerOptions,
  unsaved: ReadonlyMap<string, string>,
  unparsed: Set<string>,
): ts.CompilerHost {
  const host = ts.createCompilerHost(settings);
  const folder = libFolder();
  const { getSourceFile } = host;
  const bucket = registry.getKeyForCompilationSettings(settings);
  return {
    ...host,
    getDefaultLibLocation: () => folder,
    getDefaultLibFileName: (of) => `${folder}/${ts.getDefaultLibFileName(of)}`,
    getSourceFile(path, parsing, ...rest) {
      if (!path.startsWith(`${folder}/`) && !path.includes(NODE_TYPES)) {
        try {
          const text = unsaved.get(path);
          return text === undefined ? getSourceFile(path, parsing, ...rest) : ts.createSourceFile(path, text, parsing);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          unparsed.add(path);
          return ts.createSourceFile(path, "", parsing);
        }
      }
      const key = `${bucket} ${path}`;
      const known = libraries.get(key);
      if (known) return known;
      const version = typeof parsing === "object" ? parsing : { languageVersion: parsing };
      const source = getSourceFile(path, { ...version, jsDocParsingMode: ts.JSDocParsingMode.ParseNone }, ...rest);
      if (source) libraries.set(key, source);
      return source;
    },
  };
}

const NODE_TYPES = "/node_modules/@types/node/";
/** Declarations of JavaScript's and Node's own objects, parsed once a process. No comment of theirs is in a contract. */
const libraries = new Map<string, ts.SourceFile>();
/** Tells under which settings a parsed file can be shared, as TypeScript's own language server does it. */
const registry = ts.createDocumentRegistry();
