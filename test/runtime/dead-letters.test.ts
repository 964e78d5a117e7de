import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbedded } from "../../runtime/adapters/embedded/embedded-ports.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { signatureOf } from "../../runtime/dead-letters/letter.ts";
import { connectMemory } from "../../runtime/testing/testing.ts";
import { describeDeadLetters } from "./dead-letters.ts";

describeDeadLetters("in memory", async () => connectMemory(systemClock).ports);

describeDeadLetters("embedded", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-letters-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return openEmbedded(folder);
});

test.each([
  [
    "Request to https://api.example.com/v2/users/8812 failed with 503",
    "Request to https://api.example.com/v<n>/users/<n> failed with <n>",
  ],
  ["no row 6ba7b810-9dad-11d1-80b4-00c04fd430c8 in orders", "no row <id> in orders"],
  [`unexpected token "}" at 17`, "unexpected token <text> at <n>"],
  ["can't read 'a b': it's gone", "can't read <text>: it's gone"],
  ["checksum is deadbeef00112233, not 0x1f2e3d", "checksum is <id>, not <id>"],
  ["utf8 is the only encoding", "utf<n> is the only encoding"],
  ["first line\nat f (file.ts:1:2)", "first line"],
  ["", ""],
])("%j has the signature %j", (message, text) => {
  const failure = { reason: "attempts", message, subscription: "default", failedAt: 0 } as const;
  expect(signatureOf(failure).text).toBe(text);
  expect(signatureOf({ ...failure, reason: "rejected" }).id).not.toBe(signatureOf(failure).id);
});

test("a signature of a long message with half a surrogate pair at its cut is well formed", () => {
  const message = `${"x ".repeat(99)}y\u{1F600}${" z".repeat(50)}`;
  const { text } = signatureOf({ reason: "attempts", message, subscription: "default", failedAt: 0 });
  expect(text.isWellFormed()).toBe(true);
  expect(text.length).toBeLessThanOrEqual(200);
});
