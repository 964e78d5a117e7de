import { relative } from "node:path";
import type { Hover, Position } from "vscode-languageserver/node";
import type { Analysis } from "../compiler/compile.ts";
import { formatDuration } from "../compiler/model/duration.ts";
import type { Subscriber, UseCase } from "../compiler/model/model.ts";
import { deadLetterTopicOf, topicOf } from "../runtime/contract.ts";
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
  const { name, owner, event, frontend, scheduler, flowControl, subscribers } = useCase;
  const topic = topicOf(name, flowControl.priority);
  const layers = [
    [
      "frontend",
      frontend.dedupeBy
        ? `deduplicated by \`${frontend.dedupeBy}\` for ${formatDuration(frontend.dedupeForMs)}`
        : "no deduplication",
    ],
    [
      "scheduler",
      `${scheduler.orderBy ? `ordered by \`${scheduler.orderBy}\`` : "unordered"}, delays up to ${formatDuration(scheduler.maxDelayMs)}`,
    ],
    ["flow control", flowControlOf(useCase)],
    ...subscribers.map((subscriber) => [`delivery › ${subscriber.name}`, deliveryOf(subscriber)]),
  ];
  const topics = [topic, ...subscribers.map((subscriber) => deadLetterTopicOf(topic, subscriber.name))];
  return [
    `**${name}** · owner ${owner} · contract \`${event.name}\` version ${event.version}`,
    "",
    "| layer | setting |",
    "|---|---|",
    ...layers.map(([layer, setting]) => `| ${layer} | ${setting} |`),
    "",
    `Topics: ${topics.map((one) => `\`${one}\``).join(", ")}`,
  ].join("\n");
}

function flowControlOf({ flowControl: { priority, maxInFlight, rate, fairBy } }: UseCase): string {
  const parts = [`${priority} priority`, `at most ${maxInFlight} in flight`];
  if (rate) parts.push(`${rate.count} every ${formatDuration(rate.periodMs)}`);
  if (fairBy) parts.push(`turns shared by \`${fairBy}\``);
  return parts.join(", ");
}

function deliveryOf({ hasFilter, maxRetries, backoff, deadlineMs, timeoutMs }: Subscriber): string {
  const parts = [
    `${maxRetries} retries, ${formatDuration(backoff.minMs)} to ${formatDuration(backoff.maxMs)} apart`,
    `timeout ${formatDuration(timeoutMs)}`,
  ];
  if (hasFilter) parts.unshift("filtered");
  if (deadlineMs > 0) parts.push(`deadline ${formatDuration(deadlineMs)}`);
  return parts.join(", ");
}
