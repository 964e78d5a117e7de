import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadTypeScript, MODULE_CACHE } from "../../loader/hooks.ts";
import type { DeadLetter, LetterPlace } from "../../runtime/runtime.ts";

export type Decode = (letter: DeadLetter) => { readonly event: unknown } | { readonly undecodable: string };

/** Decodes events of any version as JSON has them, by the use case's generated code, and without its handlers. */
export async function decoderOf(root: string, { useCase }: LetterPlace): Promise<Decode> {
  loadTypeScript({ cache: join(root, MODULE_CACHE) });
  const load = (file: string) => import(pathToFileURL(join(root, "generated", useCase.name, file)).href);
  const [{ decode }, { toJson }] = await Promise.all([load("codec.ts"), load("json.ts")]);
  return ({ record: { payload, version } }) => {
    try {
      return { event: toJson(decode(payload, version)) };
    } catch (error) {
      return { undecodable: (error as Error).message };
    }
  };
}
