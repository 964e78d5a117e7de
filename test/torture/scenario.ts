/** An attack that runs as long as it is given. */
export interface Scenario {
  /** What must run or be installed beforehand, such as a broker. Such a scenario is run only where it is named. */
  readonly needs?: string;
  run(options: ScenarioOptions): Promise<Report>;
}

export interface ScenarioOptions {
  /** Draws all that is random. */
  readonly seed: number;
  /** When to begin nothing new, on the clock of `performance.now()`. */
  readonly until: number;
  /** How much to do, for a scenario that ends when it has done so much; default: its own. */
  readonly size?: number | undefined;
  /** Only what has this in its name, for a scenario that plays in several places; default: all. */
  readonly only?: string | undefined;
  /** A commit whose version takes part, for a scenario that plays several versions beside one another. */
  readonly beside?: string | undefined;
}

export interface Report {
  /** What was done, in numbers: printed. */
  readonly did: Readonly<Record<string, number | string>>;
  /** Broken promises, each in a sentence that says how to see it again. */
  readonly faults: readonly string[];
}
