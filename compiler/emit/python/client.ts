import { isSkippable } from "../../model/json-form.ts";
import type { Event, Field, Message, UseCase } from "../../model/model.ts";
import type { Output } from "../../model/output.ts";
import { isRest } from "../../model/tuples.ts";
import { mark, paragraphLines } from "../../text/source.ts";
import { packageName } from "../proto/proto-names.ts";
import { ruleSentence } from "../rules.ts";
import { pythonNames, pythonText } from "./names.ts";
import { IMPORTS, SUPPORT } from "./runtime.ts";
import { enumAlias, jsonOf, type PythonScope, pythonType, unionAlias, unionFunction } from "./types.ts";

/** `contracts/<use_case>.py`: a client of the gateway, where the use case asks for it. */
export function emitPythonClient({ name, file, event, frontend }: UseCase): Output | undefined {
  if (!frontend.clients?.split(", ").includes("python")) return undefined;
  const scope: PythonScope = { event, names: pythonNames(name, event) };
  const aliases = [
    ...event.enums.map((one) => enumAlias(one, scope)),
    ...event.messages.filter(({ tuple }) => tuple).map((tuple) => tupleAlias(tuple, scope)),
    ...event.unions.map((union) => unionAlias(union, scope)),
  ];
  const lines = [
    `# ${mark(file)}`,
    IMPORTS,
    "",
    "",
    SUPPORT,
    ...event.messages.flatMap((message) =>
      message.tuple ? tupleFunction(message, scope) : classLines(message, scope),
    ),
    ...event.unions.flatMap((union) => unionFunction(union, scope)),
    "",
    "",
    ...aliases,
    ...(aliases.length > 0 ? ["", ""] : []),
    ...clientLines(name, event, scope),
  ];
  return { path: `generated/contracts/${packageName(name)}.py`, text: `${lines.join("\n")}\n` };
}

/** What a comment may hold: Python takes no NUL, and other controls may end a line. */
function commentLines(...paragraphs: readonly string[]): string[] {
  return paragraphLines(paragraphs).map((line) => line.replace(/\p{Cc}/gu, " "));
}

function docLines(indent: string, ...paragraphs: readonly string[]): string[] {
  const lines = commentLines(...paragraphs).map((line) => line.replaceAll("\\", "\\\\").replaceAll('"""', '\\"\\"\\"'));
  if (lines.length === 0) return [];
  const [first = "", ...more] = lines;
  const closing = more.length > 0 || first.endsWith('"') ? [`${indent}"""`] : [];
  if (closing.length === 0) return [`${indent}"""${first}"""`];
  return [`${indent}"""${first}`, ...more.map((line) => `${indent}${line}`.trimEnd()), ...closing];
}

function classLines(message: Message, scope: PythonScope): string[] {
  const { names } = scope;
  const doc = docLines("    ", message.doc);
  const fields = message.fields.flatMap((field) => [
    ...commentLines(field.doc, ruleSentence(field.type)).map((line) => `    # ${line}`.trimEnd()),
    `    ${names.field(message, field)}: ${fieldType(field, scope)}`,
  ]);
  const json = message.fields.flatMap((field) => setField(message, field, scope));
  return [
    "",
    "",
    "@dataclass(frozen=True, kw_only=True)",
    `class ${names.type(message.name)}:`,
    ...doc,
    ...(doc.length > 0 && fields.length > 0 ? [""] : []),
    ...fields,
    ...(fields.length > 0 || doc.length > 0 ? [""] : []),
    "    def _json(self) -> Any:",
    "        object_: dict[str, Any] = {}",
    ...json.map((line) => `        ${line}`),
    "        return object_",
  ];
}

/** Whether null is a value of it, which is not the same as its being absent. */
function canBeNull({ type }: Field): boolean {
  return type.kind === "null" || type.kind === "nullable" || type.kind === "json";
}

function fieldType(field: Field, scope: PythonScope): string {
  const type = pythonType(field.type, scope);
  if (!field.optional) return type;
  return canBeNull(field) ? `Union[${type}, Absent] = ABSENT` : `Union[${type}, None] = None`;
}

function setField(message: Message, field: Field, scope: PythonScope): string[] {
  const value = `self.${scope.names.field(message, field)}`;
  const set = `object_[${pythonText(field.name)}] = ${jsonOf(field.type, value, scope)}`;
  if (!field.optional) return [set];
  return [`if ${value} is not ${canBeNull(field) ? "ABSENT" : "None"}:`, `    ${set}`];
}

function tupleAlias(message: Message, scope: PythonScope): string {
  return `${scope.names.type(message.name)} = Sequence[Any]`;
}

/** A list of its elements; one that is absent before others is None. */
function tupleFunction(message: Message, scope: PythonScope): string[] {
  const fixed = message.fields.filter((field) => !isRest(message, field));
  const elements = fixed.map((field, i) => {
    const json = jsonOf(field.type, `value[${i}]`, scope);
    const element = isSkippable(message, field) ? `None if value[${i}] is None else ${json}` : json;
    return `    if len(value) > ${i}:\n        items.append(${element})`;
  });
  const rest = message.fields.find((field) => isRest(message, field));
  const items = rest?.type.kind === "array" ? rest.type.items : undefined;
  return [
    "",
    "",
    `def _json_of_${scope.names.type(message.name)}(value: Sequence[Any]) -> Any:`,
    ...(rest
      ? []
      : [`    if len(value) > ${fixed.length}:`, `        raise ValueError("at most ${fixed.length} items")`]),
    "    items: List[Any] = []",
    ...elements.flatMap((element) => element.split("\n")),
    ...(items ? [`    items.extend(${jsonOf(items, "item", scope)} for item in value[${fixed.length}:])`] : []),
    "    return items",
  ];
}

const OPTIONS = [
  "        *,",
  "        delay: Union[str, None] = None,",
  "        at: Union[datetime.datetime, None] = None,",
  "        idempotency_key: Union[str, None] = None,",
  "        traceparent: Union[str, None] = None,",
];

function clientLines(name: string, event: Event, scope: PythonScope): string[] {
  const type = pythonText(scope.names.type(event.name));
  const json = (value: string) => {
    const isUnion = event.unions.some((union) => union.name === event.name);
    return jsonOf({ kind: isUnion ? "union" : "message", name: event.name }, value, scope);
  };
  const passed = "delay, at, idempotency_key, traceparent";
  return [
    `class ${scope.names.client}(_Gateway):`,
    `    """Enqueues events of ${name} by the gateway at \`url\`, with that token. Waits \`timeout\` seconds for an answer."""`,
    "",
    `    _path = "/v1/${name}"`,
    "",
    "    def enqueue(",
    "        self,",
    `        event: ${type},`,
    ...OPTIONS,
    "    ) -> Receipt:",
    '        """Returns once the event is durable; raises a GatewayError where it is refused."""',
    `        return Receipt(**self._post("", ${json("event")}, ${passed}))`,
    "",
    "    def enqueue_all(",
    "        self,",
    `        events: Sequence[${type}],`,
    ...OPTIONS,
    "    ) -> List[Receipt]:",
    '        """Up to 10,000 events at once, of which all are stored, or none."""',
    `        body = [${json("event")} for event in events]`,
    `        answer = self._post("/batch", body, ${passed})`,
    '        return [Receipt(**receipt) for receipt in answer["receipts"]]',
  ];
}
