import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { header, imports, list, print } from "./source.ts";

/** `executor.ts`: the use case's functions beside its codec, for workers. */
export function emitExecutor({ name, file, event }: UseCase): Output {
  const hasOptional = event.messages.some(({ fields }) => fields.some(({ optional }) => optional));
  const decode = hasOptional ? ["decode: decode as (payload: Uint8Array) => Declared"] : ["decode"];
  const code = [
    header(file),
    ...(hasOptional ? [imports(["UseCaseModule"], "fivefold", "type ")] : []),
    imports(["createExecutor"], "fivefold/runtime"),
    `import useCase from ${JSON.stringify(`../../${file}`)};`,
    imports(["decode"], "./codec.ts"),
    imports(["settings"], "./settings.ts"),
    ...(hasOptional ? DECLARED : []),
    "",
    list("export const executor = createExecutor({ ", ["settings", ...decode, "useCase"], " });"),
  ];
  return { path: `generated/${name}/executor.ts`, text: print(code) };
}

const DECLARED = [
  "",
  "// The module may declare `x?: T` or `x: T | undefined` where event.ts has `x?: T | undefined`, and TypeScript tells",
  "// the three apart. A decoded event fits each: an absent field has no property.",
  "type Declared = typeof useCase extends UseCaseModule<infer E> ? E : never;",
];
