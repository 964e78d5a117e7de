import { useCase } from "fivefold";

enum Level {
  Low,
  High = 10,
  Highest,
}

enum Signal {
  Off = 0,
  On = "on",
}

type Status = 200 | 404 | 500;

/** A door reported its state. */
export interface StateReported {
  kind: "door";
  schema: 2;
  /** As HTTP has it. */
  status: Status;
  formerStatus?: Status | null;
  offset: -1 | 0 | 1 | 1.5;
  level: Level;
  least: Level.Low;
  levels: Level[];
  signal: Signal;
  locked: boolean | "unknown";
  active: true;
  deleted: false;
  archived?: true;
  answers: Record<string, false | 1 | "maybe">;
  flags: true[];
}

export default useCase<StateReported>({
  owner: "team-doors",
  scheduler: { orderBy: "level" },
  handler: (event) => (event.level === Level.Low ? event.signal : Signal.On),
});
