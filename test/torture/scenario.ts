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
}

export interface Report {
  /** What was done, in numbers: printed. */
  readonly did: Readonly<Record<string, number | string>>;
  /** Broken promises, each in a sentence that says how to see it again. */
  readonly faults: readonly string[];
}
