/** One line of machine-readable figures on standard output. */
export function printFigure(figure: Readonly<Record<string, string | number>>): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

/** What a run of `tasks` took, as rate and cost. CPU is that of all processes that took part, in microseconds. */
export function rateOf(
  tasks: number,
  wallMs: number,
  cpuMicros: number,
): { tasksPerSecond: number; cpuMicrosPerTask: number } {
  return {
    tasksPerSecond: Math.round((tasks / wallMs) * 1_000),
    cpuMicrosPerTask: Math.round((cpuMicros / tasks) * 100) / 100,
  };
}
