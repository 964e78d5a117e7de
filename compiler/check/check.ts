import type { Diagnostic } from "../diagnostics/diagnostics.ts";
import type { UseCase } from "../model/model.ts";

/** Finds one kind of contradiction: in a use case, between several, or with where they are to run. */
export type Check = (useCases: readonly UseCase[]) => Diagnostic[];
