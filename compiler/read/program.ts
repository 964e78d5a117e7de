import { ts } from "ts-morph";
import { type Link, strayLink } from "./links.ts";
import type { Project } from "./open-project.ts";
import { libFolder } from "./typescript-package.ts";

export interface ProgramOptions {
  /**
   * Whether all is there that is declared globally: what tsconfig.json's `types` names, Node's most of all, its `lib`, and
   * what files of the project declare. Without, there are the objects of ES5 alone, which are all that an event needs, and
   * what the project adds to modules.
   */
  readonly ambientTypes: boolean;
}

/**
 * Parses the use cases and all that they import, and binds names. Types are resolved when a reader asks for them.
 * `unparsed` holds the paths of what nests too deeply to be parsed, `links` those that led out of the project.
 */
export function createProgram(
  { root, files, options, unsaved, ambient }: Project,
  { ambientTypes }: ProgramOptions,
): { readonly program: ts.Program; readonly unparsed: ReadonlySet<string>; readonly links: readonly Link[] } {
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
  const links: Link[] = [];
  const modules = files.map((file) => `${root}/${file}`);
  const rootNames = [...modules, ...(ambientTypes ? ambient.all : ambient.ofModules)];
  const host = createHost({ root, settings, roots: new Set(modules), unsaved, unparsed, links });
  return { program: ts.createProgram({ rootNames, options: settings, host }), unparsed, links };
}

interface HostParts {
  readonly root: string;
  readonly settings: ts.CompilerOptions;
  readonly roots: ReadonlySet<string>;
  readonly unsaved: ReadonlyMap<string, string>;
  /** Gets what nests too deeply for the parser, and is taken for empty. */
  readonly unparsed: Set<string>;
  /** Gets what is not followed: there is no such file then. */
  readonly links: Link[];
}

function createHost({ root, settings, roots, unsaved, unparsed, links }: HostParts): ts.CompilerHost {
  const host = ts.createCompilerHost(settings);
  const folder = libFolder();
  const bucket = registry.getKeyForCompilationSettings(settings);

  function parse(path: string, text: string, parsing: ts.CreateSourceFileOptions): ts.SourceFile {
    try {
      return ts.createSourceFile(path, text, parsing);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      unparsed.add(path);
      return ts.createSourceFile(path, "", parsing);
    }
  }

  return {
    ...host,
    getDefaultLibLocation: () => folder,
    getDefaultLibFileName: (of) => `${folder}/${ts.getDefaultLibFileName(of)}`,
    getSourceFile(path, given) {
      const parsing = typeof given === "object" ? given : { languageVersion: given };
      const isLibrary = path.startsWith(`${folder}/`) || path.includes(NODE_TYPES);
      const key = `${bucket} ${parsing.impliedNodeFormat} ${path}`;
      const known = parsed.get(key);
      if (known && isLibrary) return known;
      const link = isLibrary || roots.has(path) ? undefined : strayLink(root, path);
      if (link) links.push(link);
      if (link) return undefined;
      const text = unsaved.get(path) ?? host.readFile(path);
      if (text === undefined) return undefined;
      if (known?.text === text) return known;
      // No comment of a library is in a contract.
      const source = parse(path, text, isLibrary ? { ...parsing, jsDocParsingMode: NO_COMMENTS } : parsing);
      if (!roots.has(path) && !unparsed.has(path)) parsed.set(key, source);
      return source;
    },
  };
}

const NODE_TYPES = "/node_modules/@types/node/";
const NO_COMMENTS = ts.JSDocParsingMode.ParseNone;
/**
 * What use cases import, parsed once a process while it stays as it is. Use cases themselves are not kept: one is parsed
 * again only when it changed.
 */
const parsed = new Map<string, ts.SourceFile>();
/** Tells under which settings a parsed file can be shared, as TypeScript's own language server does it. */
const registry = ts.createDocumentRegistry();
