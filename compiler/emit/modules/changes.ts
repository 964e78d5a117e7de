import type { UseCase } from "../../model/model.ts";
import type { Output } from "../../model/output.ts";
import { type Code, header, importPath, imports, literal, print } from "../../text/source.ts";
import { clientName } from "./client.ts";

/** Names that the file has for other things. */
const TAKEN = new Set(["changes", "createChanges", "useCase"]);

/** `changes.ts`: what a capture needs of the use case. `undefined`: it takes no changes of a table. */
export function emitChanges({ name, file, importEnding, frontend }: UseCase): Output | undefined {
  const { changes } = frontend;
  if (changes === null) return undefined;
  const client = clientName(name);
  const own = TAKEN.has(client) ? `${client}Client` : client;
  const columns = changes.columns.map(
    (column): Code =>
      `{ name: ${literal(column.name)}, type: ${literal(column.type)}, list: ${column.list}, nullable: ${column.nullable}, optional: ${column.optional} },`,
  );
  const code: Code[] = [
    header(file),
    imports(["createChanges"], "fivefold/runtime"),
    `import useCase from ${JSON.stringify(importPath(`../../${file}`, importEnding))};`,
    imports([own === client ? client : `${client} as ${own}`], importPath("./client.ts", importEnding)),
    "",
    "export const changes = createChanges({",
    [
      `client: ${own},`,
      "useCase,",
      `source: ${literal(changes.source)},`,
      `schema: ${literal(changes.schema)},`,
      `table: ${literal(changes.table)},`,
      `snapshot: ${changes.snapshot},`,
      "columns: [",
      columns,
      "],",
    ],
    "});",
  ];
  return { path: `generated/${name}/changes.ts`, text: print(code) };
}
