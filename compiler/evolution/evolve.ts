import type { Diagnostic } from "../diagnostics/diagnostics.ts";
import type { Event } from "../model/model.ts";
import { isSameShape } from "../model/shape.ts";
import { type Releases, withEarlier } from "./earlier.ts";
import { withEarlierJson } from "./earlier-json.ts";
import { incompatibilities } from "./incompatibilities.ts";

export interface Evolved {
  /** With its version, and with what its fields are in records and JSON of earlier ones. */
  readonly event: Event;
  readonly diagnostics: Diagnostic[];
}

/** What was before: versions whose records may be anywhere, and the last one of which none is left. */
export interface Past {
  readonly releases: Releases;
  readonly retired: number;
}

/** What an event with numbers is after its released versions. */
export function evolve(event: Event, past: Past, useCase: string): Evolved {
  const { releases } = past;
  const evolved = withEarlier({ ...event, version: versionOf(event, past) }, releases);
  return { event: withEarlierJson(evolved, releases), diagnostics: incompatibilities(evolved, releases, useCase) };
}

/** The last released version while nothing has changed since, else the one after it; 1 before the first. */
function versionOf(event: Event, { releases, retired }: Past): number {
  const last = Math.max(retired, ...releases.keys());
  const released = releases.get(last);
  return released && isSameShape(released, event) ? last : last + 1;
}
