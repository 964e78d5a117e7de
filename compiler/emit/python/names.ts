import type { Event, Field, Message } from "../../model/model.ts";
import { snakeCase, upperCamel } from "../../model/naming.ts";
import { byNumber } from "../../model/protobuf.ts";
import { unique } from "../names.ts";
import { elementName } from "../tuples.ts";

/** What the parts of an event are called in Python. */
export interface PythonNames {
  readonly type: (name: string) => string;
  readonly field: (message: Message, field: Field) => string;
  /** The client's class. */
  readonly client: string;
}

/** Python's own words, and names that the module has itself. */
const WORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if " +
    "import in is lambda nonlocal not or pass raise return self try while with yield match case type print str int float " +
    "bool bytes list dict tuple object value index self datetime json math time base64 urllib"
  ).split(" "),
);
const OWN =
  "ABSENT Absent Any AssertionError Exception False GatewayError Json List Literal Mapping None Receipt Sequence True Tuple " +
  "TypeError Union ValueError";

export function pythonNames(useCase: string, { messages, enums, unions }: Event): PythonNames {
  const taken = new Set(OWN.split(" "));
  const client = unique(`${upperCamel(useCase)}Client`, taken);
  const types = new Map<string, string>();
  for (const { name } of [...messages, ...unions, ...enums]) types.set(name, unique(upperCamel(name), taken));
  const fields = new Map<Message, ReadonlyMap<number, string>>();
  for (const message of messages) {
    const used = new Set<string>();
    const named = new Map<number, string>();
    for (const field of byNumber(message.fields)) {
      const snake = snakeCase(message.tuple ? elementName(message, field) : field.name) || `field_${field.number}`;
      const legal =
        WORDS.has(snake) || /^[^a-z]/.test(snake) ? `${/^[^a-z]/.test(snake) ? "field_" : ""}${snake}_` : snake;
      named.set(field.number, unique(legal, used, "_"));
    }
    fields.set(message, named);
  }
  return {
    client,
    type: (name) => types.get(name)!,
    field: (message, { number }) => fields.get(message)!.get(number)!,
  };
}

/** A text as a literal of Python, which has JSON's, but for characters beyond ASCII, which are written as such. */
export function pythonText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
