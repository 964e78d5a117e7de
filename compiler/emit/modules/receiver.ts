import type { UseCase } from "../../model/model.ts";
import { lowerCamel } from "../../model/naming.ts";
import type { Output } from "../../model/output.ts";
import { type Code, header, importPath, imports, literal, print } from "../../text/source.ts";

/** `receiver.ts`: the other side of the use case's targets. `undefined`: all its tasks run in workers. */
export function emitReceiver({ name, file, importEnding, event, subscribers }: UseCase): Output | undefined {
  const sent = subscribers.flatMap(({ name, target }) => (target === null ? [] : [{ name, target }]));
  if (sent.length === 0) return undefined;
  const type = event.name === "Receiver" ? "ReceiverEvent" : event.name;
  const imported = type === event.name ? event.name : `${event.name} as ${type}`;
  const code: Code[] = [
    header(file),
    imports(["type Receiver", "createReceiver"], "fivefold/receiver"),
    imports(["decode"], importPath("./codec.ts", importEnding)),
    imports([imported], importPath("./event.ts", importEnding), "type "),
    imports(["fromJson"], importPath("./json.ts", importEnding)),
    imports(["settings"], importPath("./settings.ts", importEnding)),
    imports(["validate"], importPath("./validate.ts", importEnding)),
    "",
    `export type { ${event.name} } from ${JSON.stringify(importPath("./event.ts", importEnding))};`,
    ...sent.flatMap(({ name: subscriber, target }): Code[] => [
      "",
      `export const ${receiverName(subscriber)}: Receiver<${type}> = createReceiver({`,
      [
        "settings,",
        `subscriber: ${literal(subscriber)},`,
        `target: ${literal(target.name)},`,
        `format: ${literal(target.format)},`,
        ...["decode,", "fromJson,", "validate,"],
      ],
      "});",
    ]),
  ];
  return { path: `generated/${name}/receiver.ts`, text: print(code) };
}

/** What a subscriber's receiver is called: `receiver`, or `mailReceiver` where the use case names its subscribers. */
function receiverName(subscriber: string): string {
  return subscriber === "default" ? "receiver" : `${lowerCamel(subscriber)}Receiver`;
}
