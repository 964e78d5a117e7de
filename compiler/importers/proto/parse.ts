import type { Source } from "../report.ts";
import { type Cursor, createCursor } from "./cursor.ts";
import type { ProtoEnum, ProtoFile, ProtoImport, ProtoMessage, ProtoOption, ProtoOther } from "./file.ts";
import { parseOptionStatement } from "./parse-options.ts";
import { parseEnum, parseMessage, takeVisibility } from "./parse-types.ts";
import { skipBlock } from "./skip.ts";
import { ProtoFault } from "./tokens.ts";

/**
 * Reads a `.proto` file of proto2, proto3 or an edition, as https://protobuf.com/docs/language-spec has it. Throws a
 * ProtoFault on what is none. It is written here since no library for it tells the places of what it read.
 */
export function parseProto(source: Source): ProtoFile {
  const cursor = createCursor(source.text);
  const syntax = parseSyntax(cursor);
  let name = "";
  const imports: ProtoImport[] = [];
  const options: ProtoOption[] = [];
  const messages: ProtoMessage[] = [];
  const enums: ProtoEnum[] = [];
  const others: ProtoOther[] = [];
  while (cursor.peek().kind !== "end") {
    if (cursor.take(";")) continue;
    takeVisibility(cursor);
    const { text, at } = cursor.peek();
    switch (text) {
      case "package":
        cursor.next();
        name = cursor.path("the package's name").text;
        cursor.expect(";");
        break;
      case "import":
        imports.push(parseImport(cursor));
        break;
      case "option":
        options.push(parseOptionStatement(cursor));
        break;
      case "message":
        messages.push(parseMessage(cursor));
        break;
      case "enum":
        enums.push(parseEnum(cursor));
        break;
      case "service":
      case "extend":
        others.push(skipBlock(cursor));
        break;
      default:
        throw new ProtoFault(`'${text}' begins no statement of a file`, at);
    }
  }
  return { source, syntax, package: name, imports, options, messages, enums, others };
}

function parseSyntax(cursor: Cursor): ProtoFile["syntax"] {
  const { at } = cursor.peek();
  if (cursor.take("edition")) {
    cursor.expect("=");
    cursor.text("the edition");
    cursor.expect(";");
    return "editions";
  }
  // Without a word it is proto2.
  if (!cursor.take("syntax")) return "proto2";
  cursor.expect("=");
  const syntax = cursor.text('"proto2" or "proto3"');
  cursor.expect(";");
  if (syntax === "proto2" || syntax === "proto3") return syntax;
  throw new ProtoFault(`the syntax is '${syntax}', and there are proto2 and proto3`, at);
}

function parseImport(cursor: Cursor): ProtoImport {
  cursor.next();
  for (const word of ["public", "weak", "option"]) cursor.take(word);
  const { at, end } = cursor.peek();
  const path = cursor.text("the path of a file");
  cursor.expect(";");
  return { path, at, end };
}
