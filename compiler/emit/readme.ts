import { formatDuration } from "../model/duration.ts";
import type { Rate, Subscriber, UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { avroPath } from "./avro.ts";
import { clientName } from "./client.ts";
import { jsonSchemaPath } from "./json-schema.ts";
import { code, lineOfProse, prose, tableHead, tableRow } from "./markdown.ts";
import { contractPath } from "./proto.ts";
import { eventSections } from "./readme-event.ts";
import { mark } from "./source.ts";
import { deadLetterTopicOf, topicOf } from "./topics.ts";
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
    ...layers(useCase).map(tableRow),
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
const SUBSCRIBERS_HEAD = tableHead(["Subscriber", "Receives", "Tries", "Time for a try", "Deadline", "Dead letters"]);

function linkTo(title: string, path: string): string {
  return `[${title}](${path.replace("generated/", "../")})`;
}

function layers({ frontend, scheduler, flowControl, execution, subscribers }: UseCase): (readonly [string, string])[] {
  const { priority, maxInFlight, rate, fairBy } = flowControl;
  const { dedupeBy, dedupeForMs, maxPayloadBytes } = frontend;
  const backoffs = new Set(subscribers.map(backoffText));
  return [
    [
      "Frontend",
      [
        `validates it; refuses more than ${maxPayloadBytes} bytes encoded`,
        dedupeBy === null
          ? "repeats are not recognised"
          : `one of the same ${code(dedupeBy)} within ${formatDuration(dedupeForMs)} is a duplicate`,
      ].join("; "),
    ],
    [
      "Scheduler",
      [
        scheduler.orderBy === null
          ? "no order is kept"
          : `those of the same ${code(scheduler.orderBy)} are handled in order`,
        `delays up to ${formatDuration(scheduler.maxDelayMs)}`,
      ].join("; "),
    ],
    [
      "Flow control",
      [
        `${priority} priority`,
        `at most ${maxInFlight} in flight for a subscriber in a process`,
        ...(rate === null ? [] : [`at most ${rateText(rate)}`]),
        ...(fairBy === null ? [] : [`turns are shared between values of ${code(fairBy)}`]),
      ].join("; "),
    ],
    ["Delivery", `a failed try is repeated after ${[...backoffs].join(" or ")}, then the event is a dead letter`],
    ["Execution", executionText(execution)],
  ];
}

function executionText({ minProcesses, maxProcesses, latencyObjectiveMs }: UseCase["execution"]): string {
  return [
    "at least once for each subscriber; a try that takes too long is aborted",
    ...(minProcesses === null ? [] : [`at least ${minProcesses} processes where it is deployed`]),
    ...(maxProcesses === null ? [] : [`at most ${maxProcesses} processes where it is deployed`]),
    ...(latencyObjectiveMs === 0
      ? []
      : [`99 of 100 tasks are to be done within ${formatDuration(latencyObjectiveMs)}`]),
  ].join("; ");
}

function backoffText({ backoff: { minMs, maxMs } }: Subscriber): string {
  return minMs === maxMs
    ? `up to ${formatDuration(maxMs)}`
    : `${formatDuration(minMs)}, doubling up to ${formatDuration(maxMs)}`;
}

function rateText({ count, periodMs }: Rate): string {
  return `${count} every ${formatDuration(periodMs)}`;
}

function subscriberRow(subscriber: Subscriber, useCase: UseCase): string[] {
  const { name, hasFilter, maxRetries, timeoutMs, deadlineMs } = subscriber;
  return [
    code(name),
    hasFilter ? "what its filter lets pass" : "every event",
    String(maxRetries + 1),
    formatDuration(timeoutMs),
    deadlineMs === 0 ? "none" : formatDuration(deadlineMs),
    code(deadLetterTopicOf(useCase, name)),
  ];
}
