import type { Code, ParametersOf, Related, Span } from "../../diagnostics/diagnostics.ts";
import type { Event } from "../../model/model.ts";
import { type Constant, type ConstantEntry, isFault } from "../constants/constant.ts";
import type { Reading } from "../reading.ts";

/** What the readers of one use case's settings share. */
export interface SettingsScope extends Reading {
  /** `undefined`: the event type is at fault, so that nothing can be said of its fields. */
  readonly event: Event | undefined;
  /** Of the call of useCase: what diagnostics of the whole point at. */
  readonly callee: Span;
  /** The section that knows a setting of that name. */
  readonly homeOf: (name: string) => string | undefined;
  /** Where each setting stands, by dotted path; filled as they are read. */
  readonly spans: Record<string, Span>;
}

/** Reads one setting that is there. `undefined`: it is at fault, which has been reported. */
export type SettingReader<T> = (
  value: Constant,
  entry: ConstantEntry,
  path: string,
  scope: SettingsScope,
) => T | undefined;

/** The value of a setting. `undefined`: it has no constant value, which has been reported. */
export function constantOf(entry: ConstantEntry, path: string, scope: SettingsScope): Constant | undefined {
  const value = entry.value();
  if (!isFault(value)) return value;
  const span = scope.span(value.node);
  if (value.kind === "bad-duration") {
    scope.report("bad-duration", span, { path, found: value.found }, usedBy(scope, span));
  } else scope.report("setting-not-constant", span, { reason: value.reason }, usedBy(scope, span));
  return undefined;
}

/** Reports on a setting where it is written, and says where its value comes from if that is elsewhere. */
export function reportSetting<C extends Code>(
  code: C,
  parameters: ParametersOf<C>,
  entry: ConstantEntry,
  scope: SettingsScope,
): undefined {
  const written = scope.span(entry.expression);
  const origin = scope.span(entry.value().node);
  const from = isWithin(origin, written) ? [] : [{ message: "Its value comes from here.", span: origin }];
  scope.report(code, written, parameters, [...from, ...usedBy(scope, written)]);
}

/** For faults in a module of shared settings: the use case that takes them from there. */
export function usedBy({ callee }: SettingsScope, span: Span): Related[] {
  return span.file === callee.file ? [] : [{ message: "This use case takes it from there.", span: callee }];
}

function isWithin(inner: Span, outer: Span): boolean {
  return inner.file === outer.file && inner.line >= outer.line && inner.endLine <= outer.endLine;
}
