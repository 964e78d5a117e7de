import { spawn } from "node:child_process";

/** What an agent can read at once: more is of no use to it, and is asked for in parts. */
const LONGEST_ANSWER = 200_000;
const LONGEST_MS = 5 * 60_000;

interface Run {
  /** The project's folder. */
  readonly root: string;
  readonly stdin: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Runs `fivefold …argv` in a process of its own. The answer is what it printed for machines, or what it complained of. */
export async function runCommand(
  argv: readonly string[],
  { root, stdin = "", signal }: Run,
): Promise<{ readonly answer: string; readonly isFine: boolean }> {
  const child = spawn(process.execPath, [process.argv[1]!, ...argv], {
    cwd: root,
    stdio: ["pipe", "pipe", "pipe"],
    signal,
    timeout: LONGEST_MS,
    killSignal: "SIGKILL",
  });
  let printed = "";
  let complained = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    if (printed.length > LONGEST_ANSWER) child.kill("SIGKILL");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complained = (complained + text).slice(-LONGEST_ANSWER);
  });
  // A command that reads no input may be gone before it is written.
  child.stdin.on("error", () => {}).end(stdin);
  const code = await new Promise<number | null>((done, fail) => child.once("close", done).once("error", fail));
  if (printed.length > LONGEST_ANSWER) {
    return { answer: `The answer is longer than ${LONGEST_ANSWER} characters: ask for less of it.`, isFine: false };
  }
  if (code === null) {
    const answer = `'fivefold ${argv[0]}' was ended: it may take ${LONGEST_MS / 60_000} minutes. ${complained.trim()}`;
    return { answer: answer.trim(), isFine: false };
  }
  return { answer: printed.trim() || complained.trim(), isFine: code === 0 };
}
