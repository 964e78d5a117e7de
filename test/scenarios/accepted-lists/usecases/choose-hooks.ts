import { type Int, type List, useCase } from "fivefold";

type Event = "push" | "fork";

/** Hooks were chosen. What lists may hold tells them apart, by one of their items. */
export interface HooksChosen {
  events: Event[] | ["*"];
  modes: List<Event, { minItems: 1 }> | ["none", because: string];
  codes: readonly [Int, ...string[]] | [string, boolean];
  times: Date[] | [from: "start", Int];
  names: string | string[] | [Int, string] | { all: true };
}

export default useCase<HooksChosen>({
  owner: "team-hooks",
  handler: (event) => (event.events[0] === "*" ? 0 : event.events.length),
});
