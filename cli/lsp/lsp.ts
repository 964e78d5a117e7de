import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
  TextDocumentSyncKind,
  TextDocuments,
} from "vscode-languageserver/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { type Analysis, analyse, createCompileMemory } from "../../compiler/build/compile.ts";
import { projectOf } from "../../loader/project.ts";
import { quickFixesAt, toLspDiagnostic } from "./lsp-diagnostics.ts";
import { hoverAt } from "./lsp-hover.ts";

/** How long typing must rest before the project is compiled. */
const REST_MS = 60;

/** A project that has an open file. */
interface OpenProject {
  readonly root: string;
  readonly memory: ReturnType<typeof createCompileMemory>;
  compilation: Analysis | undefined;
  /** Files for which the editor shows diagnostics of ours. */
  shown: Set<string>;
  rest: NodeJS.Timeout | undefined;
}

/**
 * `fivefold lsp`: a language server on standard input and output. It shows what the compiler finds as one types (what
 * TypeScript itself finds, the editor's TypeScript server shows), offers fixes, and says on hover over `useCase` what
 * the file leads to.
 */
export function serveEditor(): void {
  const connection = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(process.stdin),
    new StreamMessageWriter(process.stdout),
  );
  const documents = new TextDocuments(TextDocument);
  const projects = new Map<string, OpenProject>();

  function projectFor(uri: string): OpenProject | undefined {
    if (!uri.startsWith("file:")) return undefined;
    const root = projectOf(fileURLToPath(uri));
    if (!root) return undefined;
    let project = projects.get(root);
    if (!project) {
      project = { root, memory: createCompileMemory(), compilation: undefined, shown: new Set(), rest: undefined };
      projects.set(root, project);
    }
    return project;
  }

  /** Texts of the open files, by absolute path: the disk's may be older. */
  function unsaved(): Map<string, string> {
    const open = documents.all().filter(({ uri }) => uri.startsWith("file:"));
    return new Map(open.map((document) => [fileURLToPath(document.uri).replaceAll("\\", "/"), document.getText()]));
  }

  function changed(uri: string): void {
    const project = projectFor(uri);
    if (!project) return;
    clearTimeout(project.rest);
    project.rest = setTimeout(() => void check(project), REST_MS);
  }

  async function check(project: OpenProject): Promise<void> {
    const { root, memory } = project;
    try {
      project.compilation = await analyse({ root, memory, types: false, unsaved: unsaved() });
    } catch (error) {
      connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return;
    }
    const { diagnostics } = project.compilation;
    const byFile = Map.groupBy(diagnostics, ({ span }) => span.file);
    for (const file of new Set([...byFile.keys(), ...project.shown])) {
      const found = (byFile.get(file) ?? []).map((one) => toLspDiagnostic(root, one));
      await connection.sendDiagnostics({ uri: pathToFileURL(`${root}/${file}`).href, diagnostics: found });
    }
    project.shown = new Set(byFile.keys());
  }

  function textOf(uri: string): string {
    return documents.get(uri)?.getText() ?? readFileSync(fileURLToPath(uri), "utf8");
  }

  connection.onInitialize(() => ({
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      hoverProvider: true,
      codeActionProvider: { codeActionKinds: ["quickfix"] },
    },
    serverInfo: { name: "fivefold" },
  }));
  documents.onDidChangeContent(({ document }) => changed(document.uri));
  documents.onDidClose(({ document }) => changed(document.uri));
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) changed(uri);
  });
  connection.onHover(({ textDocument, position }) => {
    const project = projectFor(textDocument.uri);
    if (!project?.compilation) return null;
    return hoverAt(project.root, project.compilation, fileURLToPath(textDocument.uri), position);
  });
  connection.onCodeAction(({ textDocument, range }) => {
    const project = projectFor(textDocument.uri);
    if (!project?.compilation) return [];
    const file = fileURLToPath(textDocument.uri);
    return quickFixesAt(
      project.root,
      project.compilation,
      { uri: textDocument.uri, file, text: textOf(textDocument.uri) },
      range,
    );
  });
  documents.listen(connection);
  connection.listen();
}
