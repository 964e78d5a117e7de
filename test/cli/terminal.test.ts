import { expect, onTestFinished, test, vi } from "vitest";
import { say } from "../../cli/terminal.ts";

function said(text: string): unknown {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  onTestFinished(() => write.mockRestore());
  say(text);
  const [line] = write.mock.lastCall!;
  return line;
}

test.each([
  ["an error that clears the screen", "\u001b[2Jgone", "\\u001b[2Jgone\n"],
  ["one that names the window, and rings", "\u001b]0;title\u0007", "\\u001b]0;title\\u0007\n"],
  ["one that overwrites its line", "refused\rdone", "refused\\u000ddone\n"],
  ["one that reads from right to left", "a\u202eb", "a\\u202eb\n"],
  ["C1 controls", "\u009b2J", "\\u009b2J\n"],
  [
    "colours, lines and tabs stay",
    "\u001b[1m\u001b[31mred\u001b[39m\u001b[22m\n\tnext 😀",
    "\u001b[1m\u001b[31mred\u001b[39m\u001b[22m\n\tnext 😀\n",
  ],
])("%s", (_, text, line) => expect(said(text)).toBe(line));
