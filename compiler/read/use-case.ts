import type { ts } from "ts-morph";
import type { UseCase } from "../model/model.ts";
import type { Evaluate } from "./constants/evaluate.ts";
import { findDeclaration } from "./declaration.ts";
import type { FindFeeds } from "./feeds.ts";
import { useCaseName } from "./find-files.ts";
import type { Project } from "./open-project.ts";
import type { Reading } from "./reading.ts";
import { fillDefaults } from "./settings/defaults.ts";
import { readDefinition } from "./settings/definition.ts";
import { readEvent } from "./types/event.ts";

/** The use case of one module. `undefined`: it declares none, or is at fault, which has been reported. */
export function readUseCase(
  reading: Reading,
  evaluate: Evaluate,
  source: ts.SourceFile,
  file: string,
  { importEnding, isCommonJs }: Pick<Project, "importEnding" | "isCommonJs">,
  findFeeds: FindFeeds,
): UseCase | undefined {
  const found = reading.diagnostics.length;
  const declaration = findDeclaration(reading, source);
  if (!declaration) return undefined;
  const { call, doc } = declaration;
  const span = reading.span(call.expression);
  const name = useCaseName(file);
  const [eventNode] = call.typeArguments ?? [];
  if (!eventNode) reading.report("event-type-missing", span, {});
  const event = eventNode && readEvent(reading, eventNode, `${name}-event`);
  const definition = readDefinition(reading, call, event, evaluate);
  const isAtFault = reading.diagnostics.slice(found).some(({ severity }) => severity === "error");
  if (!event || !definition || isAtFault) return undefined;
  return {
    name,
    file,
    importEnding,
    isCommonJs,
    feeds: findFeeds(source),
    doc,
    owner: definition.owner,
    event,
    ...fillDefaults(definition, span),
    span,
    spans: definition.spans,
  };
}
