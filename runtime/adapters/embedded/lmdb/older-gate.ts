import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FivefoldError } from "../../../contract/errors.ts";
import { livenessOf } from "./process-identity.ts";

/** Fivefold before 0.2 keeps opening and changing apart by other files: the two would not see each other. */
export function refuseOlderProcesses(folder: string, pidNamespace: string, namespace: string): void {
  const changing = join(folder, "changing");
  const stats = statSync(changing, { throwIfNoEntry: false });
  if (stats?.isDirectory()) {
    for (const name of readdirSync(changing)) {
      const [pid = "", startTime = "", itsNamespace] = name.split(".");
      if (itsNamespace !== namespace || livenessOf({ pid: Number(pid), startTime, pidNamespace }) === "ended") continue;
      throw new FivefoldError(
        "storage-unwritable",
        `Process ${pid} has the data folder ${folder} open with an older Fivefold, which can't share it with this one. Fix: end that process; what it stored is read.`,
      );
    }
    rmSync(changing, { recursive: true });
    rmSync(join(folder, "opening"), { force: true });
  } else if (stats) {
    return;
  }
  // Where an older one looks for a folder, it finds this file, and gives up.
  writeFileSync(changing, "A newer Fivefold has this data folder open. Older ones can't share it.\n");
}
