/* Loaded with --import: says at its process's end how much memory it took at most, to a file that the bench names. */
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const file = process.env.BENCH_PEAK_FILE;
  // In kilobytes, on every system that Node runs on.
  if (file) writeFileSync(file, String(process.resourceUsage().maxRSS));
});
