import { type Int, useCase } from "fivefold";

/** Degrees, and meters above the sea. */
type Place = readonly [latitude: number, longitude: number, height?: Int | null];

type Step = ["go", Place] | ["wait", Int<{ min: 0 }>] | ["stop"];

/** A route was planned. */
export interface RoutePlanned {
  from: Place;
  to?: Place | null;
  via: readonly Place[];
  steps: Step[];
  box: [number, number, number, number];
  names: [string, ...string[]];
  tolls: Record<string, [cents: number, currency: string]>;
  version: [major: Int, minor: Int, tag?: string, ...rest: string[]];
  marks: [];
}

export default useCase<RoutePlanned>({
  owner: "team-routes",
  handler: (event) => event.steps.map((step) => (step[0] === "go" ? step[1][0] : step.length)),
});
