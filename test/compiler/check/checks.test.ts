import { describe, expect, test } from "vitest";
import { runChecks } from "../../../compiler/check/checks.ts";
import type { UseCase } from "../../../compiler/model/model.ts";
import { at, field, subscriber, useCase, withFields } from "./use-cases.ts";

/** What is found, as `code @ place`. */
function found(...useCases: UseCase[]): string[] {
  return runChecks(useCases).map(({ code, span }) => `${code} @ ${span.file}`);
}

function fixes(...useCases: UseCase[]): string[] {
  return runChecks(useCases).map(({ fix }) => fix);
}

test("nothing is wrong with a plain use case", () => expect(found(useCase("greet"))).toEqual([]));

describe("names", () => {
  test.each(["a", "greet", "mail-2-send", "x".repeat(52)])("the use case name %s", (name) =>
    expect(found(useCase(name))).toEqual([]),
  );

  test.each([
    "",
    "Greet",
    "greet_user",
    "2-mails",
    "-a",
    "a-",
    "a--b",
    "größe",
    "a.b",
    "x".repeat(53),
    "con",
    "lpt1",
    "contracts",
  ])("no use case name: '%s'", (name) => {
    expect(found(useCase(name))).toEqual([`bad-use-case-name @ use case ${name}`]);
  });

  test.each([
    ["usecases/Mail/sendMail.ts", "usecases/mail/send-mail.ts"],
    ["usecases/2-mails.ts", "usecases/mails.ts"],
    ["usecases/café.ts", "usecases/cafe.ts"],
    ["usecases/con.ts", "usecases/con-task.ts"],
    ["usecases/contracts.ts", "usecases/contract.ts"],
    ["usecases/_.ts", "usecases/task.ts"],
  ])("%s should be %s", (file, suggestion) => {
    const name = file.slice("usecases/".length, -".ts".length).replaceAll("/", "-");
    const [fix] = fixes(useCase(name, { file }));
    expect(fix).toBe(`Rename the file, for example to '${suggestion}'.`);
  });

  test("two files of one name: the second is told of the first", () => {
    const first = useCase("mail-send", { file: "usecases/mail-send.ts" });
    const second = useCase("mail-send", { file: "usecases/mail/send.ts", span: at("second") });
    const [diagnostic, ...more] = runChecks([first, second]);
    expect(diagnostic).toMatchObject({
      code: "duplicate-use-case",
      span: at("second"),
      related: [{ span: first.span }],
    });
    expect(more).toEqual([]);
  });

  test("subscribers", () => {
    const subscribers = [subscriber("send-mail"), subscriber("sendMail"), subscriber("")];
    expect(found(useCase("greet", { subscribers }))).toEqual([
      "bad-subscriber-name @ subscriber sendMail",
      "bad-subscriber-name @ subscriber ",
    ]);
  });

  test("a dead letter topic of two subscribers, unless their topics differ by priority", () => {
    const one = useCase("a", { subscribers: [subscriber("b-c")] });
    const other = useCase("a-b", { subscribers: [subscriber("c")] });
    expect(found(one, other)).toEqual(["duplicate-dead-letter-topic @ subscriber c"]);
    const high = { ...other, flowControl: { ...other.flowControl, priority: "high" as const } };
    expect(found(one, high)).toEqual([]);
  });
});

describe("field names", () => {
  test("that are one in protobuf", () => {
    const fields = ["orderId", "id", "order_id", "OrderID", "order"].map((name) => field(name));
    expect(found(withFields("greet", ...fields))).toEqual([
      "duplicate-field-name @ field order_id",
      "duplicate-field-name @ field OrderID",
    ]);
  });

  test("without a letter or digit", () => {
    expect(found(withFields("greet", field("$"), field("+1"), field("中")))).toEqual(["bad-field-name @ field $"]);
  });

  test("of a type that two use cases share are told once", () => {
    const shared = withFields("a", field("x_y"), field("xY"));
    expect(found(shared, { ...shared, name: "b" })).toEqual(["duplicate-field-name @ field xY"]);
  });
});

describe("retries", () => {
  const spans = { "delivery.retry.max": at("max"), "delivery.deadline": at("deadline") };
  const withRetries = (maxRetries: number, deadlineMs: number, others: Partial<UseCase> = {}) =>
    useCase("greet", { spans, subscribers: [subscriber("default", { maxRetries, deadlineMs })], ...others });

  // Mean waits of half of 1 s, 2 s, 4 s, …: the third retry starts after 3.5 s, the fourth after 7.5 s.
  test("fit the deadline to the millisecond", () => expect(found(withRetries(3, 3_500))).toEqual([]));
  test("go beyond it", () => {
    expect(found(withRetries(3, 3_499))).toEqual(["retries-beyond-deadline @ max"]);
    expect(fixes(withRetries(4, 7_000))).toEqual([
      "Set `retry.max` to 3, shorten the backoff, or raise the deadline above 7.5s.",
    ]);
  });
  test("that nobody asked for may be cut short", () => {
    expect(found(withRetries(8, 1_000, { spans: { "delivery.deadline": at("deadline") } }))).toEqual([]);
  });
  test("of a subscriber, where its own setting stands", () => {
    const own = { "delivery.deadline": at("deadline"), "subscribers.default.retry.max": at("own max") };
    expect(found(withRetries(8, 1_000, { spans: own }))).toEqual(["retries-beyond-deadline @ own max"]);
  });

  test("whose backoff is written the wrong way round", () => {
    const subscribers = [subscriber("default", { backoff: { minMs: 2_000, maxMs: 1_000 } })];
    expect(found(useCase("greet", { subscribers, spans: { "delivery.retry.backoff": at("backoff") } }))).toEqual([
      "backoff-reversed @ backoff",
    ]);
  });
});

describe("settings without effect", () => {
  test("dedupeFor without dedupeBy", () => {
    const spans = { "frontend.dedupeFor": at("dedupeFor") };
    expect(found(useCase("greet", { spans }))).toEqual(["setting-without-effect @ dedupeFor"]);
    expect(
      found(
        useCase("greet", {
          spans,
          frontend: { dedupeBy: "id", dedupeForMs: 1, clients: null, changes: null, maxPayloadBytes: 1_048_576 },
        }),
      ),
    ).toEqual([]);
  });

  test("a backoff without retries, unless another subscriber has some", () => {
    const spans = { "delivery.retry.backoff": at("shared") };
    const none = subscriber("a", { maxRetries: 0 });
    expect(found(useCase("greet", { spans, subscribers: [none] }))).toEqual(["setting-without-effect @ shared"]);
    expect(found(useCase("greet", { spans, subscribers: [none, subscriber("b")] }))).toEqual([]);
    const own = { "subscribers.a.retry.backoff": at("own") };
    expect(found(useCase("greet", { spans: own, subscribers: [none, subscriber("b")] }))).toEqual([
      "setting-without-effect @ own",
    ]);
  });
});
