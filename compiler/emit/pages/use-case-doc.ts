import type { UseCase } from "../../model/model.ts";
import { remembered } from "../../model/remembered.ts";
import { textLines } from "../../text/source.ts";

/** What a use case's author says of it, or of its event. */
export const docOf = remembered(({ doc, event }): string => {
  const ofEvent = [...event.messages, ...event.unions].find(({ name }) => name === event.name)?.doc ?? "";
  return textLines(doc).join("\n") || textLines(ofEvent).join("\n");
});

/** The first paragraph of it, as one line. */
export function summaryOf(useCase: UseCase): string {
  return docOf(useCase)
    .split(/\n\s*\n/, 1)[0]!
    .replaceAll("\n", " ");
}
