import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { header, imports, list, print } from "./source.ts";

/** `executor.ts`: the use case's functions beside its codec, for workers. */
export function emitExecutor({ name, file }: UseCase): Output {
  const code = [
    header(file),
    imports(["createExecutor"], "fivefold/runtime"),
    `import useCase from ${JSON.stringify(`../../${file}`)};`,
    imports(["decode"], "./codec.ts"),
    imports(["settings"], "./settings.ts"),
    "",
    list("export const executor = createExecutor({ ", ["settings", "decode", "useCase"], " });"),
  ];
  return { path: `generated/${name}/executor.ts`, text: print(code) };
}
