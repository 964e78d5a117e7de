import { openSync, writeSync } from "node:fs";

/** Where this process, and those that it starts, tell what they did: a file that outlives them. */
export const HISTORY_VARIABLE = "FIVEFOLD_CLUSTER_HISTORY";

let file: number | undefined;

/** Written before it returns, and whole: what a process told outlives its kill. */
export function tell(line: string): void {
  file ??= openSync(process.env[HISTORY_VARIABLE]!, "a");
  writeSync(file, `${line.replaceAll("\n", " ")}\n`);
}
