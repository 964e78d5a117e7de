import { formatDuration } from "../model/duration.ts";
import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { remembered, rememberedText } from "../model/remembered.ts";
import { code, lineOfProse, tableHead, tableRow } from "./markdown.ts";
import { contractPath } from "./proto.ts";
import { readmePath } from "./readme.ts";
import { mark } from "./source.ts";
import { topicsOf } from "./topics.ts";
import { summaryOf } from "./use-case-doc.ts";

/** `CATALOGUE.md`: all use cases on one page; each has its own beside its code. */
export function emitCatalogue(useCases: readonly UseCase[]): Output {
  return { path: "generated/CATALOGUE.md", text: catalogueText(useCases.map(catalogueRow)) };
}

const catalogueText = rememberedText((rows) =>
  [
    `<!-- ${mark("usecases/")} -->`,
    "",
    "# Use cases",
    "",
    ...(rows.length > 0 ? [...HEAD, ...rows] : ["There are none yet."]),
    "",
    "By HTTP they are offered as [openapi.json](openapi.json) says.",
    "",
  ].join("\n"),
);

const HEAD = tableHead(["Use case", "When", "Owner", "Contract", "Layers", "Topics", "Subscribers"]);

const catalogueRow = remembered((useCase) => {
  const { name, owner, event, subscribers } = useCase;
  return tableRow([
    linkTo(name, readmePath(name)),
    lineOfProse(summaryOf(useCase)),
    lineOfProse(owner),
    linkTo(`${code(event.name)} v${event.version}`, contractPath(name)),
    layersText(useCase),
    topicsOf(useCase)
      .map((topic) => code(topic.name))
      .join(", "),
    subscribers.map((subscriber) => code(subscriber.name)).join(", "),
  ]);
});

function linkTo(text: string, path: string): string {
  return `[${text}](${path.replace("generated/", "")})`;
}

/** What the layers do that they don't do unasked; the use case's page says the rest. */
function layersText({ frontend, scheduler, flowControl, execution }: UseCase): string {
  const { priority, rate, fairBy } = flowControl;
  const { latencyObjectiveMs } = execution;
  const parts = [
    ...(frontend.dedupeBy === null ? [] : [`deduplicated by ${code(frontend.dedupeBy)}`]),
    ...(scheduler.orderBy === null ? [] : [`in order by ${code(scheduler.orderBy)}`]),
    ...(priority === "normal" ? [] : [`${priority} priority`]),
    ...(rate === null ? [] : [`at most ${rate.count} every ${formatDuration(rate.periodMs)}`]),
    ...(fairBy === null ? [] : [`fair by ${code(fairBy)}`]),
    ...processesText(execution),
    ...(latencyObjectiveMs === 0 ? [] : [`done within ${formatDuration(latencyObjectiveMs)}`]),
  ];
  return parts.join(", ");
}

function processesText({ minProcesses, maxProcesses }: UseCase["execution"]): string[] {
  const most = maxProcesses ?? minProcesses;
  if (most === null) return [];
  const range = maxProcesses === null ? "at least " : minProcesses === null ? "at most " : `${minProcesses} to `;
  return [`${range}${most} process${most === 1 ? "" : "es"}`];
}
