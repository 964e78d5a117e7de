import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { testUseCase } from "fivefold/testing";
import { executor } from "../generated/add-to-digest/executor.ts";
import { type Answer, type Email, mailer } from "../src/mailer.ts";

let sent: Email[] = [];
let answers: Record<string, Answer[]> = {};

beforeEach(() => {
  sent = [];
  answers = {};
  mailer.send = async (email) => {
    sent.push(email);
    return answers[email.to]?.shift() ?? 250;
  };
});

test("news to one person within ten seconds are one email", async () => {
  await using t = await testUseCase(executor);
  await t.enqueue({ to: "ada@example.org", headline: "One" });
  await t.enqueue({ to: "ada@example.org", headline: "Two" });
  await t.enqueue({ to: "bob@example.org", headline: "One" });
  assert.equal(sent.length, 0);
  await t.pass("10s");
  assert.deepEqual(
    sent.map(({ to, text }) => [to, text]),
    [
      ["ada@example.org", "- One\n- Two"],
      ["bob@example.org", "- One"],
    ],
  );
});

test("500 news don't wait for the ten seconds to pass", async () => {
  await using t = await testUseCase(executor);
  for (let number = 0; number < 500; number++) await t.enqueue({ to: "ada@example.org", headline: `News ${number}` });
  assert.equal(sent.length, 1);
  assert.equal(t.handled.length, 500);
});

test("a mailbox that is full delays its own news alone", async () => {
  answers = { "full@example.org": [450] };
  await using t = await testUseCase(executor);
  await t.enqueue({ to: "full@example.org", headline: "One" });
  await t.enqueue({ to: "ada@example.org", headline: "One" });
  await t.pass("10s");
  assert.deepEqual(
    t.handled.map(({ event }) => (event as { to: string }).to),
    ["ada@example.org"],
  );
  await t.pass("10m");
  assert.equal(t.handled.length, 2);
  assert.equal(t.handled[1]?.attempt, 2);
});

test("an address that never takes mail is given up at once", async () => {
  answers = { "gone@example.org": [550] };
  await using t = await testUseCase(executor);
  await t.enqueue({ to: "gone@example.org", headline: "One" });
  await t.pass("10s");
  assert.equal(t.deadLetters[0]?.reason, "rejected");
  assert.equal(t.deadLetters[0]?.message, "gone@example.org takes no mail");
});
