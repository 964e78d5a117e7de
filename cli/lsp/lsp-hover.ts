import { relative } from "node:path";
import type { Hover, Position } from "vscode-languageserver/node";
import type { Analysis } from "../../compiler/build/compile.ts";
import { tableHead, tableRow } from "../../compiler/emit/pages/markdown.ts";
import { layerTexts, SUBSCRIBER_COLUMNS, subscriberCells } from "../../compiler/emit/pages/settings-text.ts";
import type { UseCase } from "../../compiler/model/model.ts";
import { deadLetterTopicOf, topicOf } from "../../runtime/contract/contract.ts";
import { toRange } from "./lsp-diagnostics.ts";

/** What a use case leads to, where the pointer is on its `useCase`. */
export function hoverAt(root: string, { useCases }: Analysis, path: string, position: Position): Hover | null {
  const file = relative(root, path).replaceAll("\\", "/");
  const useCase = useCases.find((one) => one.file === file);
  if (!useCase) return null;
  const range = toRange(useCase.span);
  const { start, end } = range;
  const inside =
    position.line === start.line && position.character >= start.character && position.character <= end.character;
  return inside ? { range, contents: { kind: "markdown", value: describe(useCase) } } : null;
}

function describe(useCase: UseCase): string {
  const { name, owner, event, flowControl, subscribers } = useCase;
  const topic = topicOf(name, flowControl.priority);
  const topics = [topic, ...subscribers.map((subscriber) => deadLetterTopicOf(topic, subscriber.name))];
  return [
    `**${name}** · owner ${owner} · contract \`${event.name}\` version ${event.version}`,
    "",
    ...tableHead(["Layer", "What it does with an event"]),
    ...layerTexts(useCase).map(tableRow),
    "",
    ...tableHead(["Subscriber", ...SUBSCRIBER_COLUMNS]),
    ...subscribers.map((subscriber) => tableRow([subscriber.name, ...subscriberCells(subscriber)])),
    "",
    `Topics: ${topics.map((one) => `\`${one}\``).join(", ")}`,
  ].join("\n");
}
