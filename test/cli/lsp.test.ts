import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import {
  type CodeAction,
  createMessageConnection,
  type Hover,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { createProject, type Project } from "./project.ts";

const MAIN = resolve(import.meta.dirname, "../../cli/main.js");
const FILE = "usecases/send-mail.ts";

const text = (settings: string) => `import { useCase } from "fivefold";

export interface MailWanted {
  to: string;
  urgent: boolean;
}

export default useCase<MailWanted>({
  ${settings}
  handler: async () => {},
});
`;

/** An editor that has a file open, over the server's standard input and output. */
async function openEditor(project: Project, content: string) {
  const server = spawn(process.execPath, [MAIN, "lsp", "--stdio"], {
    cwd: project.root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void server.kill("SIGKILL"));
  const connection = createMessageConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  const uri = pathToFileURL(join(project.root, FILE)).href;
  let waiting: ((params: PublishDiagnosticsParams) => void) | undefined;
  const published: PublishDiagnosticsParams[] = [];
  connection.onNotification("textDocument/publishDiagnostics", (params: PublishDiagnosticsParams) => {
    if (params.uri !== uri) return;
    if (waiting) waiting(params);
    else published.push(params);
    waiting = undefined;
  });
  connection.listen();
  const { capabilities } = await connection.sendRequest<{ capabilities: object }>("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(project.root).href,
    capabilities: {},
  });
  await connection.sendNotification("initialized", {});
  let version = 1;
  await connection.sendNotification("textDocument/didOpen", {
    textDocument: { uri, languageId: "typescript", version, text: content },
  });
  return {
    capabilities,
    /** The next diagnostics of the file. */
    async diagnostics() {
      const params =
        published.shift() ??
        (await new Promise<PublishDiagnosticsParams>((done) => {
          waiting = done;
        }));
      return params.diagnostics;
    },
    type: (content: string) =>
      connection.sendNotification("textDocument/didChange", {
        textDocument: { uri, version: ++version },
        contentChanges: [{ text: content }],
      }),
    hover: (line: number, character: number) =>
      connection.sendRequest<Hover | null>("textDocument/hover", {
        textDocument: { uri },
        position: { line, character },
      }),
    fixes: (line: number, character: number) => {
      const at = { line, character };
      return connection.sendRequest<CodeAction[]>("textDocument/codeAction", {
        textDocument: { uri },
        range: { start: at, end: at },
        context: { diagnostics: [] },
      });
    },
    uri,
    async close() {
      await connection.sendRequest("shutdown");
      await connection.sendNotification("exit");
      await new Promise((ended) => server.once("exit", ended));
      return server.exitCode;
    },
  };
}

test("shows what the compiler finds as one types, before anything is saved, and takes it back once it is fixed", async () => {
  const project = await createProject({ [FILE]: text(`owner: "team-mail",`) });
  const editor = await openEditor(project, text(`owner: "team-mail", flowControl: { priorty: "high" },`));
  expect(editor.capabilities).toMatchObject({ hoverProvider: true, codeActionProvider: {} });
  const [found, ...others] = await editor.diagnostics();
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    code: "unknown-setting",
    severity: 1,
    source: "fivefold",
    range: { start: { line: 8, character: 37 }, end: { line: 8, character: 44 } },
  });
  expect(found?.message).toContain("Write 'priority'.");

  const [fix] = await editor.fixes(8, 40);
  expect(fix).toMatchObject({ title: "Write 'priority'", kind: "quickfix" });
  expect(fix?.edit?.changes?.[editor.uri]).toEqual([{ range: found?.range, newText: "priority" }]);

  await editor.type(text(`owner: "team-mail", flowControl: { priority: "high" },`));
  expect(await editor.diagnostics()).toEqual([]);
  expect(await editor.fixes(8, 40)).toEqual([]);
  expect(await editor.close()).toBe(0);
});

test("says on hover over useCase what the file leads to, and nothing elsewhere", async () => {
  const project = await createProject({ [FILE]: text("") });
  const editor = await openEditor(project, text(""));
  const [missing] = await editor.diagnostics();
  expect(missing?.code).toBe("missing-setting");
  const [fix] = await editor.fixes(7, 16);
  expect(fix?.edit?.changes?.[editor.uri]).toEqual([
    {
      range: { start: { line: 7, character: 36 }, end: { line: 7, character: 36 } },
      newText: `\n  owner: "team-name",`,
    },
  ]);

  await editor.type(text(`owner: "team-mail", scheduler: { orderBy: "to" }, flowControl: { priority: "high" },`));
  expect(await editor.diagnostics()).toEqual([]);
  const hover = await editor.hover(7, 18);
  expect(hover?.contents).toMatchObject({ kind: "markdown" });
  const { value } = hover!.contents as { value: string };
  expect(value).toContain("**send-mail** · owner team-mail · contract `MailWanted` version 1");
  expect(value).toContain("| Scheduler | those of the same `to` are handled in order; delays up to 30d |");
  expect(value).toContain("Topics: `send-mail.high`, `send-mail.high-default-DLQ`");
  expect(await editor.hover(2, 3)).toBeNull();
  await editor.close();
});

test("a file outside any project, and text that is no TypeScript, end nothing", async () => {
  const project = await createProject({ [FILE]: text(`owner: "team-mail",`) });
  const editor = await openEditor(project, "export default useCase<{([");
  expect((await editor.diagnostics())[0]?.code).toBe("syntax-error");
  await editor.type(text(`owner: "team-mail",`));
  expect(await editor.diagnostics()).toEqual([]);
  expect(await editor.close()).toBe(0);
});
