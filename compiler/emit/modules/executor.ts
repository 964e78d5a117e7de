import type { UseCase } from "../../model/model.ts";
import { lowerCamel } from "../../model/naming.ts";
import type { Output } from "../../model/output.ts";
import { type Code, header, importPath, imports, print } from "../../text/source.ts";
import { variable } from "../names.ts";
import { clientName } from "./client.ts";

/** Names that the file has for other things. */
const TAKEN = ["createExecutor", "decode", "executor", "settings", "toJson", "useCase"];

/** `executor.ts`: the use case's functions beside its codec, for workers, and the clients that its handlers enqueue by. */
export function emitExecutor({ name, file, importEnding, isCommonJs, feeds, subscribers }: UseCase): Output {
  const taken = new Set(TAKEN);
  const others = feeds.flatMap((feed) =>
    feed.file === null ? [] : [{ ...feed, file: feed.file, variable: variable(lowerCamel(feed.name), taken) }],
  );
  const modules = [{ variable: "useCase", file }, ...others].toSorted((a, b) => (a.file < b.file ? -1 : 1));
  const path = (to: string) => JSON.stringify(importPath(to, importEnding));
  const client = (useCase: string, to: string) => `async () => (await import(${path(to)})).${clientName(useCase)}`;
  const feedItems = others.map(
    (feed) => `{ useCase: ${feed.variable}, client: ${client(feed.name, `../${feed.name}/client.ts`)} },`,
  );
  const sendsJson = subscribers.some(({ target }) => target?.format === "json");
  const parts: Code[] = [
    "settings,",
    "decode,",
    ...(sendsJson ? ["toJson,"] : []),
    "useCase,",
    `client: ${client(name, "./client.ts")},`,
    // Where it is CommonJS, whoever loads it says where it is.
    ...(isCommonJs ? [] : ["url: import.meta.url,"]),
    ...(feedItems.length > 0 ? ["feeds: [", feedItems, "],"] : []),
  ];
  const code = [
    header(file),
    imports(["createExecutor"], "fivefold/runtime"),
    ...modules.map((module) => `import ${module.variable} from ${path(`../../${module.file}`)};`),
    imports(["decode"], importPath("./codec.ts", importEnding)),
    ...(sendsJson ? [imports(["toJson"], importPath("./json.ts", importEnding))] : []),
    imports(["settings"], importPath("./settings.ts", importEnding)),
    "",
    "export const executor = createExecutor({",
    parts,
    "});",
  ];
  return { path: `generated/${name}/executor.ts`, text: print(code) };
}
