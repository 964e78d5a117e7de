import type { UseCase } from "../../model/model.ts";
import type { Output } from "../../model/output.ts";
import { remembered, rememberedText } from "../../model/remembered.ts";
import { mark } from "../../text/source.ts";
import { contractPath } from "../proto/proto.ts";
import { topicsOf } from "../topics.ts";
import { code, lineOfProse, tableHead, tableRow } from "./markdown.ts";
import { readmePath } from "./readme.ts";
import { summaryOfSettings } from "./settings-text.ts";
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
    summaryOfSettings(useCase),
    topicsOf(useCase)
      .map((topic) => code(topic.name))
      .join(", "),
    subscribers.map((subscriber) => code(subscriber.name)).join(", "),
  ]);
});

function linkTo(text: string, path: string): string {
  return `[${text}](${path.replace("generated/", "")})`;
}
