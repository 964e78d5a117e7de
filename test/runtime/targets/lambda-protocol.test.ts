import { expect, test } from "vitest";
import { createLambdaProtocol } from "../../../runtime/delivery/remote/lambda-protocol.ts";
import { lambdaOf } from "../../../runtime/delivery/remote/target-environment.ts";
import { openTargetWorld, startService } from "./target-world.ts";

const environment = { AWS_REGION: "eu-west-1" };
const target = { kind: "lambda", name: "resize", format: "json" } as const;
const protocol = createLambdaProtocol({
  shape: { useCase: "note", subscriber: "default", version: 1, format: "json", timeoutMs: 1_000 },
  place: lambdaOf(target, environment),
  credentials: async () => ({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" }),
  toJson: (event) => event,
});
const FAILED = { "x-amz-function-error": "Unhandled" };

test.each<[what: string, status: number, headers: Record<string, string>, body: string, expected: object]>([
  ["nothing", 200, {}, "null", { kind: "done" }],
  ["anything", 200, {}, '{"resized":true}', { kind: "done" }],
  ["no body at all", 200, {}, "", { kind: "done" }],
  ["a text", 200, {}, '"statusCode"', { kind: "done" }],
  ["a response", 200, {}, '{"statusCode":204}', { kind: "done" }],
  ["its refusal", 200, {}, '{"statusCode":422,"body":"no"}', { kind: "reject", message: "answered 422: no" }],
  [
    "its wait",
    200,
    {},
    '{"statusCode":503,"headers":{"Retry-After":"7","Fivefold-Outcome":"retry"},"body":"busy"}',
    { kind: "retry", afterMs: 7_000, message: "busy" },
  ],
  ["a status that is none", 200, {}, '{"statusCode":-1}', { kind: "retry", message: "answered -1" }],
  [
    "that it threw",
    200,
    FAILED,
    '{"errorType":"TypeError","errorMessage":"x"}',
    { kind: "retry", message: "the function failed: TypeError: x" },
  ],
  ["that it threw, without the header", 200, {}, '{"errorType":"E","errorMessage":"x"}', { kind: "retry" }],
  ["that it threw a text", 200, FAILED, '"x"', { kind: "retry", message: 'the function failed: "x"' }],
  ["that its time was over", 200, {}, "Task timed out after 2.00 seconds", { kind: "retry" }],
  [
    "throttling",
    429,
    { "x-amzn-errortype": "TooManyRequestsException:http://x" },
    '{"message":"Rate Exceeded."}',
    { kind: "retry", message: "Lambda answered 429 TooManyRequestsException: Rate Exceeded.", overloaded: true },
  ],
  ["too much", 413, { "x-amzn-errortype": "RequestTooLargeException" }, "{}", { kind: "reject" }],
  ["a fault of its own", 500, { "x-amzn-errortype": "ServiceException" }, "<html>", { kind: "retry" }],
])("Lambda answers %s", (_, status, headers, body, expected) => {
  expect(protocol.judge({ status, headers, body: Buffer.from(body) }, 0)).toMatchObject({ outcome: expected });
});

test("a region that nobody told, or one that would lead elsewhere, is refused", () => {
  expect(() => lambdaOf(target, {})).toThrow("Set AWS_REGION, or FIVEFOLD_LAMBDA_RESIZE to its ARN");
  expect(() => lambdaOf(target, { AWS_REGION: "x@evil.example/" })).toThrow("Set AWS_REGION");
  const arn = "arn:aws:lambda:us-east-1:123456789012:function:resize";
  expect(lambdaOf(target, { FIVEFOLD_LAMBDA_RESIZE: arn })).toMatchObject({ functionName: arn, region: "us-east-1" });
});

test("an answer that can't even be read is a retry", async () => {
  const hostile = '{"statusCode":200,"headers":{"a":{"toString":1,"valueOf":1}}}';
  const service = await startService((_, response) => response.end(hostile));
  const world = await openTargetWorld({
    target,
    environment: {
      ...environment,
      ...{ AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "s", AWS_ENDPOINT_URL_LAMBDA: service.url },
    },
    subscriber: { maxRetries: 0 },
  });
  await world.notes.enqueue({ id: "a" });
  await world.ended(1);
  expect((await world.deadLetters())[0]?.failure?.message).toMatch("its answer can't be read");
});

test("web identity: STS is asked once, and what it gives signs", async () => {
  const lambda = await startService((_, response) => response.end("null"));
  let asked = 0;
  const sts = await startService((_, response) => {
    asked++;
    response.end(
      "<r><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t0ken</SessionToken>" +
        `<Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></r>`,
    );
  });
  const world = await openTargetWorld({
    target,
    environment: {
      ...environment,
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/worker",
      AWS_WEB_IDENTITY_TOKEN_FILE: import.meta.filename,
    },
  });
  await world.notes.enqueueAll([{ id: "a" }, { id: "b" }, { id: "c" }]);
  await world.ended(3);
  expect(asked).toBe(1);
  expect(sts.requests[0]?.body.toString()).toMatch("RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fworker");
  expect(lambda.requests[0]?.head.headers).toMatchObject({
    "x-amz-security-token": "t0ken",
    authorization: expect.stringContaining("Credential=ASIAEXAMPLE/"),
  });
});
