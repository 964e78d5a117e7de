import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { header, importPath, imports, list, print } from "./source.ts";

/** `executor.ts`: the use case's functions beside its codec, for workers. */
export function emitExecutor({ name, file, importEnding }: UseCase): Output {
  const code = [
    header(file),
    imports(["createExecutor"], "fivefold/runtime"),
    `import useCase from ${JSON.stringify(importPath(`../../${file}`, importEnding))};`,
    imports(["decode"], importPath("./codec.ts", importEnding)),
    imports(["settings"], importPath("./settings.ts", importEnding)),
    "",
    list(
      "export const executor = createExecutor({ ",
      ["settings", "decode", "useCase", "url: import.meta.url"],
      " });",
    ),
  ];
  return { path: `generated/${name}/executor.ts`, text: print(code) };
}
