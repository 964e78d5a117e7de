import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { code, lineOfProse, table } from "./markdown.ts";
import { readmePath } from "./readme.ts";
import { mark } from "./source.ts";
import { topicOf } from "./topics.ts";
import { summaryOf } from "./use-case-doc.ts";

/** `CATALOGUE.md`: all use cases on one page; each has its own beside its code. */
export function emitCatalogue(useCases: readonly UseCase[]): Output {
  const rows = useCases.map((useCase) => {
    const { name, owner, event, subscribers } = useCase;
    return [
      `[${name}](${readmePath(name).replace("generated/", "")})`,
      lineOfProse(summaryOf(useCase)),
      lineOfProse(owner),
      `${code(event.name)} v${event.version}`,
      code(topicOf(useCase)),
      subscribers.map((subscriber) => code(subscriber.name)).join(", "),
    ];
  });
  const lines = [
    `<!-- ${mark("usecases/")} -->`,
    "",
    "# Use cases",
    "",
    ...(rows.length > 0
      ? table(["Use case", "When", "Owner", "Event", "Topic", "Subscribers"], rows)
      : ["There are none yet."]),
    "",
    "By HTTP they are offered as [openapi.json](openapi.json) says.",
    "",
  ];
  return { path: "generated/CATALOGUE.md", text: lines.join("\n") };
}
