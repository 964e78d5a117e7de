import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { header, imports, list, print } from "./source.ts";

/** `executor.ts`: the use case's functions beside its codec, for workers. */
export function emitExecutor({ name, file }: UseCase): Output {
  const decode = "decode: decode as (payload: Uint8Array) => Declared";
  const code = [
    header(file),
    imports(["UseCaseModule"], "fivefold", "type "),
    imports(["createExecutor"], "fivefold/runtime"),
    `import useCase from ${JSON.stringify(`../../${file}`)};`,
    imports(["decode"], "./codec.ts"),
    imports(["settings"], "./settings.ts"),
    "",
    "// The module may declare what event.ts has no word for: an enum, a branded type, `x?: T` apart from `x: T | undefined`.",
    "// A decoded event fits each of them.",
    "type Declared = typeof useCase extends UseCaseModule<infer E> ? E : never;",
    "",
    list("export const executor = createExecutor({ ", ["settings", decode, "useCase"], " });"),
  ];
  return { path: `generated/${name}/executor.ts`, text: print(code) };
}
