import type { Event, Type, UseCase } from "../../model/model.ts";
import { lowerCamel } from "../../model/naming.ts";
import type { Output } from "../../model/output.ts";
import { rememberedName } from "../../model/remembered.ts";
import { rootFields } from "../../model/root.ts";
import { header, importPath, imports, print } from "../../text/source.ts";
import { property, variable } from "../names.ts";

/** `client.ts`: what other services enqueue with. It loads no handler. */
export function emitClient({
  name,
  file,
  importEnding,
  isCommonJs,
  event,
  frontend,
  scheduler,
  flowControl,
}: UseCase): Output {
  const types = new Set(["Client", "String"]);
  const type = types.has(event.name) ? `${event.name}Event` : event.name;
  const imported = type === event.name ? event.name : `${event.name} as ${type}`;

  const keys: readonly (readonly [setting: string, field: string | null])[] = [
    ["dedupeBy", frontend.dedupeBy],
    ["orderBy", scheduler.orderBy],
    ["fairBy", flowControl.fairBy],
    ["limitBy", flowControl.limitBy],
  ];
  const accessors = keys.flatMap(([setting, field]) => {
    if (field === null) return [];
    const read = property("event", field);
    const isText = rootFields(event, field).every((declared) => declared && isString(declared.type, event));
    return [`${setting}: (event) => ${isText ? read : `String(${read})`},`];
  });

  const code = [
    header(file),
    imports(["type Client", "createClient"], "fivefold/runtime"),
    imports(["encode"], importPath("./codec.ts", importEnding)),
    imports([imported], importPath("./event.ts", importEnding), "type "),
    imports(["fromJson"], importPath("./json.ts", importEnding)),
    imports(["settings"], importPath("./settings.ts", importEnding)),
    imports(["validate"], importPath("./validate.ts", importEnding)),
    "",
    `export type { ${event.name} } from ${JSON.stringify(importPath("./event.ts", importEnding))};`,
    "",
    `export const ${clientName(name)}: Client<${type}> = createClient({`,
    [
      ...["settings,", "validate,", "encode,", "fromJson,", ...accessors],
      // It tells where the project is, and with it the data folder. CommonJS has no such thing that `tsc` always knows.
      ...(isCommonJs ? [] : ["url: import.meta.url,"]),
    ],
    "});",
  ];
  return { path: `generated/${name}/client.ts`, text: print(code) };
}

/** What a use case's client is called: `generateThumbnail`. */
export const clientName = rememberedName((useCase) =>
  variable(lowerCamel(useCase), new Set(["createClient", "encode", "fromJson", "settings", "validate"])),
);

function isString(type: Type, { enums }: Event): boolean {
  if (type.kind !== "enum") return type.kind === "text";
  return enums.some(
    ({ name, members }) => name === type.name && members.every(({ value }) => typeof value === "string"),
  );
}
