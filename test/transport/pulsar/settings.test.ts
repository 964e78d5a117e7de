import { describe, expect, test } from "vitest";
import { reasonOf } from "../../../runtime/adapters/pulsar/admin-request.ts";
import { refusal } from "../../../runtime/adapters/pulsar/errors.ts";
import { nativeError } from "../../../runtime/adapters/pulsar/native-client.ts";
import { openPulsarTransport } from "../../../runtime/adapters/pulsar/pulsar.ts";
import { createPulsarWebSocketTransport } from "../../../runtime/adapters/pulsar/pulsar-websocket.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";

const GOOD = { webUrl: "http://localhost:8080", namespace: "public/default", clock: systemClock };

describe("settings that no cluster can have are refused before anything connects", () => {
  test.each([
    ["webUrl", "localhost:8080"],
    ["webUrl", "pulsar://localhost:6650"],
    ["webUrl", ""],
    ["namespace", "default"],
    ["namespace", "public/default/more"],
    ["namespace", "public/.."],
    ["namespace", "public/../admin"],
    ["prefetch", 0],
    ["prefetch", 1_001],
    ["prefetch", 1.5],
    ["maxFrameBytes", 100],
  ])("%s %s", (name, value) => {
    const create = () => createPulsarWebSocketTransport({ ...GOOD, [name]: value });
    expect(create).toThrow(
      expect.objectContaining({ code: "invalid-option", message: expect.stringContaining(`${value}`) }),
    );
  });

  test.each(["http://localhost:8080", "localhost:6650", "pulsar://a/b"])("serviceUrl %s", async (serviceUrl) => {
    await expect(openPulsarTransport({ ...GOOD, serviceUrl })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining(`'${serviceUrl}'`),
    });
  });
});

describe("what a broker refuses", () => {
  test.each([
    ['{"reason":"Topic persistent://a/b/c not found"}', "Topic persistent://a/b/c not found"],
    [
      "<html><title>Error 404 Failed to create: {&quot;errorMsg&quot;:&quot;No such topic&quot;}</title>",
      "No such topic",
    ],
    ["<html><title>Error 401 Failed to authenticate</title></html>", "Failed to authenticate"],
    ["plain words", "plain words"],
    ["", ""],
  ])("is told in its own words: %s", (text, reason) => expect(reasonOf(text)).toBe(reason));

  test.each([
    [401, "unauthorized"],
    [403, "unauthorized"],
    [404, "unknown-topic"],
    [409, "conflict"],
    [412, "conflict"],
    [429, "throttled"],
    [500, "not-connected"],
    [503, "not-connected"],
  ])("status %i is %s", (status, code) => {
    expect(refusal("Doing it", status, "why")).toMatchObject({
      code,
      message: expect.stringMatching(/^Doing it.*why/),
    });
  });

  test.each([
    ["Failed to create producer: AuthenticationError", "unauthorized"],
    ["Failed to create producer: AuthorizationError", "unauthorized"],
    ["Failed to create consumer: TopicNotFound", "unknown-topic"],
    ["Failed to create consumer: ConsumerBusy", "conflict"],
    ["Failed to send message: MessageTooBig", "payload-too-large"],
    ["Failed to send message: ProducerBlockedQuotaExceededException", "storage-full"],
    ["Failed to create consumer: TooManyLookupRequestException", "throttled"],
    ["Failed to create consumer: ConnectError", "not-connected"],
  ])("%s is %s", (text, code) => {
    expect(nativeError("Doing it", new Error(text))).toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });
});
