import type { Subscriber, UseCase } from "../../model/model.ts";
import type { Output } from "../../model/output.ts";
import { mark } from "../../text/source.ts";
import { avroPath } from "../avro/avro.ts";
import { jsonSchemaPath } from "../json-schema/json-schema.ts";
import { clientName } from "../modules/client.ts";
import { contractPath } from "../proto/proto.ts";
import { deadLetterTopicOf, topicOf } from "../topics.ts";
import { code, lineOfProse, prose, tableHead, tableRow } from "./markdown.ts";
import { eventSections } from "./readme-event.ts";
import { layerTexts, SUBSCRIBER_COLUMNS, subscriberCells } from "./settings-text.ts";
import { docOf } from "./use-case-doc.ts";

/** Where a use case's page is; repository browsers show it below the folder's files. */
export function readmePath(useCase: string): string {
  return `generated/${useCase}/README.md`;
}

/** `README.md`: the use case as its readers look it up: who owns it, what its event holds, what its layers do. */
export function emitReadme(useCase: UseCase): Output {
  const { name, file, owner, event } = useCase;
  const doc = prose(docOf(useCase));
  const client = clientName(name);
  const contracts = [
    linkTo("Protobuf", contractPath(name)),
    linkTo("JSON Schema", jsonSchemaPath(name)),
    linkTo("Avro", avroPath(name)),
  ];
  const lines = [
    `<!-- ${mark(file)} -->`,
    "",
    `# ${name}`,
    ...(doc === "" ? [] : ["", doc]),
    "",
    ...tableHead(["Owner", lineOfProse(owner)]),
    tableRow(["Source", `[${file}](../../${encodeURI(file)})`]),
    tableRow(["Event", `${code(event.name)}, version ${event.version}`]),
    tableRow(["Contracts", contracts.join(", ")]),
    tableRow(["Topic", code(topicOf(useCase))]),
    "",
    "```ts",
    `import { ${client} } from "<path>/generated/${name}/client.ts";`,
    `await ${client}.enqueue(event); // once it resolves, the event is stored`,
    "```",
    "",
    "## Event",
    ...eventSections(event, [name, "Event"], doc),
    "",
    "## Layers",
    "",
    ...LAYERS_HEAD,
    ...layerTexts(useCase).map(tableRow),
    "",
    "## Subscribers",
    "",
    ...SUBSCRIBERS_HEAD,
    ...useCase.subscribers.map((subscriber) => tableRow(subscriberRow(subscriber, useCase))),
    "",
  ];
  return { path: readmePath(name), text: lines.join("\n") };
}

const LAYERS_HEAD = tableHead(["Layer", "What it does with an event"]);
const SUBSCRIBERS_HEAD = tableHead(["Subscriber", ...SUBSCRIBER_COLUMNS, "Dead letters"]);

function linkTo(title: string, path: string): string {
  return `[${title}](${path.replace("generated/", "../")})`;
}

function subscriberRow(subscriber: Subscriber, useCase: UseCase): string[] {
  const { name } = subscriber;
  return [code(name), ...subscriberCells(subscriber), code(deadLetterTopicOf(useCase, name))];
}
