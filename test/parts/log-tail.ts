import { readFile } from "node:fs/promises";

const LINES = 40;
const COLUMNS = 400;

/** The last lines of a log, for the message of an error. */
export async function tail(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  if (text === "") return `${path} is empty`;
  const lines = text.trimEnd().split("\n").slice(-LINES);
  return `The end of ${path}:\n${lines.map((line) => line.slice(0, COLUMNS)).join("\n")}`;
}
