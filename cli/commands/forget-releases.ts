import { readingLock, writeLockFile } from "../../compiler/build/lock-file.ts";
import { historyOfLock } from "../../compiler/build/lock-history.ts";
import { LOCK_FILE } from "../../compiler/lock/lock.ts";
import { readLock } from "../../compiler/lock/lock-file.ts";
import { lostReleases } from "../../compiler/lock/lock-history.ts";
import { writeLock } from "../../compiler/lock/write-lock.ts";
import { readText } from "../../compiler/read/text.ts";
import { Fault } from "../../loader/fault.ts";
import { complain } from "../terminal.ts";

/**
 * Retires what earlier commits released and the lock lacks: none of its records is left, says who asks for it by name. Of
 * a lock that is gone, all numbers stay reserved.
 */
export async function forgetLostReleases(root: string): Promise<void> {
  const history = historyOfLock(root, { whole: true });
  const { text } = readText(root, LOCK_FILE);
  const lock = text === undefined ? new Map() : readingLock(() => readLock(text));
  const lost = lostReleases(lock, history.claims);
  const next = new Map(text === undefined ? history.last?.lock : lock);
  for (const { useCase, version, claim } of lost) {
    const earlier = [...(lock.get(useCase)?.releases.keys() ?? [])].filter((other) => other < version);
    if (earlier.length > 0) {
      throw new Fault(
        "input",
        `Version ${version} of '${useCase}' can't be forgotten alone: to retire a version retires those before it, and ` +
          `${LOCK_FILE} has version ${earlier.join(", ")} as released. Put it back by \`fivefold resolve\`, and use ` +
          `\`fivefold retire ${useCase} ${version}\` once no record of any of them is left.`,
      );
    }
    const known = next.get(useCase) ?? claim.locked;
    const retired = Math.max(known.retired, version);
    const releases = new Map([...known.releases].filter(([other]) => other > retired));
    next.set(useCase, { ...known, releases, retired });
  }
  if (lost.length === 0 && (text !== undefined || (next.size === 0 && !history.wasBuilt))) return;
  await writeLockFile(root, writeLock(next));
  for (const { useCase, version } of lost) {
    complain(`${useCase}: version ${version} is retired. None of its records may be left anywhere.`);
  }
}
