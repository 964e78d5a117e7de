import { open } from "node:fs/promises";
import type { Clock } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import { readTokens, type Tokens } from "./tokens.ts";

/** The tokens of a file, as it stands. */
export interface TokenFile {
  readonly tokens: Tokens;
  close(): void;
}

const LOOK_MS = 1_000;
const MOST_BYTES = 4 * 1_048_576;

/**
 * Reads the tokens, and again within a second of a change, whichever way the file was replaced: written over, renamed, or a
 * mounted secret's link that points elsewhere. A file that is gone or malformed later on changes nothing, and is reported.
 * Throws a FivefoldError (`invalid-option`) where it can't be read at first.
 */
export async function openTokenFile(path: string, clock: Clock, reportProblem: ReportProblem): Promise<TokenFile> {
  let text = await readText(path);
  let tokens = readTokens(text, path);
  let closed = false;
  let cancel = () => {};

  async function look(): Promise<void> {
    try {
      const now = await readText(path);
      if (now === text) return;
      tokens = readTokens(now, path);
      text = now;
    } catch (error) {
      const message = `The tokens stay as they were: ${describeThrown(error)}`;
      reportProblem(new FivefoldError("invalid-option", message, { cause: error }));
    }
  }

  function lookLater(): void {
    if (closed) return;
    cancel = clock.after(LOOK_MS, () => look().then(lookLater), { background: true });
  }

  lookLater();
  return {
    get tokens() {
      return tokens;
    },
    close() {
      closed = true;
      cancel();
    },
  };
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, and ${MOST_BYTES} are the most`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new FivefoldError("invalid-option", `${path} can't be read: ${describeThrown(cause)}`, { cause });
  }
}
