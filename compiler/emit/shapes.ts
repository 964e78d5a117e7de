import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { remembered } from "../model/remembered.ts";
import { shapeJson } from "../model/shape.ts";

/** Relative to the project's root. */
export const SHAPES_FILE = "generated/contracts/shapes.json";

/**
 * `shapes.json`: what of each event decides how its records look and which values they hold, a use case a line. What
 * changed between two commits is told from it, with nothing compiled anew.
 */
export function emitShapes(useCases: readonly UseCase[]): Output {
  const lines = useCases.map((useCase) => `    ${JSON.stringify(useCase.name)}: ${shapeText(useCase)}`);
  const block = lines.length > 0 ? `{\n${lines.join(",\n")}\n  }` : "{}";
  return { path: SHAPES_FILE, text: `{\n  "shapesVersion": 1,\n  "useCases": ${block}\n}\n` };
}

const shapeText = remembered(({ event }) => JSON.stringify(shapeJson(event)));
