import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../runtime/contract/clock.ts";
import { createAwsCredentials } from "../../../runtime/delivery/remote/aws-credentials.ts";
import { startService } from "./target-world.ts";

const KEYS = "<AccessKeyId>a</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>";

/** Credentials by web identity, from an STS that answers so; the clock is the test's. */
async function credentials(answer: () => string) {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-sts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, "token");
  const sts = await startService((_, response) => response.end(answer()));
  let nowMs = Date.UTC(2026, 0, 1);
  const environment = {
    AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
    AWS_ROLE_ARN: "arn:aws:iam::1:role/r",
    AWS_ENDPOINT_URL_STS: sts.url,
  };
  const find = createAwsCredentials(environment, "eu-west-1", { ...systemClock, now: () => nowMs });
  return {
    find,
    now: () => nowMs,
    pass(ms: number) {
      nowMs += ms;
    },
    get asked() {
      return sts.requests.length;
    },
  };
}

test.each<[what: string, expiration: (now: number) => string, keptMs: number]>([
  ["an hour", (now) => new Date(now + 3_600_000).toISOString(), 55 * 60_000],
  ["nothing of their end", () => "", 60_000],
  ["no time", () => "soon", 60_000],
  ["four minutes", (now) => new Date(now + 240_000).toISOString(), 120_000],
  ["a time that has passed", (now) => new Date(now - 1).toISOString(), 1_000],
])(
  "temporary credentials that say %s are fetched again in time, and not for every task",
  async (_, expiration, keptMs) => {
    const world = await credentials(() => `${KEYS}<Expiration>${expiration(world.now())}</Expiration>`);
    expect(await world.find()).toEqual({ accessKeyId: "a", secretAccessKey: "s", sessionToken: "t" });
    world.pass(keptMs - 1);
    await Promise.all([world.find(), world.find()]);
    expect(world.asked).toBe(1);
    world.pass(1);
    await Promise.all([world.find(), world.find()]);
    expect(world.asked).toBe(2);
  },
);

test("an answer without credentials is told, and asked for again", async () => {
  let text = "<Hello/>";
  const world = await credentials(() => text);
  await expect(world.find()).rejects.toThrow("without credentials");
  text = KEYS;
  expect(await world.find()).toMatchObject({ accessKeyId: "a" });
});
