import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { deliverWebhook } from "../../generated/deliver-webhook/client.ts";
import { decode as decodeWebhook } from "../../generated/deliver-webhook/codec.ts";
import { indexFile } from "../../generated/index-file/client.ts";
import { decode as decodeFile } from "../../generated/index-file/codec.ts";
import { EXAMPLES, type Example, encodings } from "./examples.ts";
import { type Answer, avroOf, fileOf, serve, tokenEntry, USE_CASES } from "./served.ts";

/*
 * What is served is what openapi.json says: each path, each type of body, each answer by its schema; and nothing that it
 * does not say.
 */

interface Operation {
  readonly requestBody: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, { readonly $ref: string }>>;
}

const document = JSON.parse(readFileSync("generated/openapi.json", "utf8"));
const paths = Object.entries(document.paths as Record<string, { post: Operation; parameters: { $ref: string }[] }>);
const ajv = new Ajv2020({ strict: false, allErrors: true });
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
ajv.addSchema({ $id: "document", ...document });
const isA = (schema: string) => ajv.getSchema(`document#/components/schemas/${schema}`)!;
/** The schema of an answer's body, by a response's reference. */
const schemaOf = ({ $ref }: { readonly $ref: string }) => {
  const { content } = document.components.responses[$ref.split("/").at(-1)!];
  const [[type, { schema }]] = Object.entries(content as Record<string, { schema?: { $ref: string } }>) as [
    [string, { schema?: { $ref: string } }],
  ];
  return { type, check: schema && isA(schema.$ref.split("/").at(-1)!) };
};

const ALL = [
  ...USE_CASES,
  { client: deliverWebhook, decode: decodeWebhook, avro: avroOf("deliver_webhook") },
  { client: indexFile, decode: decodeFile, avro: avroOf("index_file") },
];

test("the document is valid, and names all that is served", async () => {
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  expect(paths.map(([path]) => path).sort()).toEqual(
    Object.keys(EXAMPLES)
      .flatMap((name) => [`/v1/${name}`, `/v1/${name}/batch`, `/v1/${name}/stream`])
      .sort(),
  );
});

test.each(paths)("%s takes what the document says, and answers so", async (path, { post: operation, parameters }) => {
  const [, , name = "", way = "one"] = path.split("/");
  const example = EXAMPLES[name]!;
  const { post, stored } = await serve({ useCases: ALL });
  const query = parameters.some(({ $ref }) => $ref.endsWith("/Delay")) ? "?delay=0s" : "";
  const headers = { "idempotency-key": "a", traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
  for (const type of Object.keys(operation.requestBody.content)) {
    const body = bodyOf(example, type, way);
    const answer = await postLines(post, `${path}${query}`, body, { ...headers, "content-type": type });
    const [[status, response]] = Object.entries(operation.responses) as [[string, { $ref: string }]];
    expect([type, answer.status]).toEqual([type, Number(status)]);
    const { type: answered, check } = schemaOf(response);
    expect(answer.headers.get("content-type")).toBe(answered);
    if (check) expect([check(answer.body), check.errors]).toEqual([true, null]);
    else {
      const lines = answer.body as unknown[];
      expect(lines.slice(0, -1).map((line) => isA("Answer")(line))).toEqual(lines.slice(1).map(() => true));
      expect(isA("StreamEnd")(lines.at(-1))).toBe(true);
    }
  }
  // One key, one event: however it was written.
  const [message] = await stored(name, 1);
  expect(Buffer.from(message!.payload)).toEqual(encodings(example).canonical);
});

test.each(paths)("%s answers what is wrong by the documented problem", async (path, { post: operation }) => {
  const [, , name = "", way = "one"] = path.split("/");
  const example = EXAMPLES[name]!;
  const tokens = await fileOf(JSON.stringify({ tokens: [tokenEntry("all.a", "*"), tokenEntry("other.b", "other")] }));
  const { post } = await serve({ useCases: ALL, tokens, perSecond: 50 });
  const [type = ""] = Object.keys(operation.requestBody.content);
  const body = bodyOf(example, type, way);
  const headers = { "content-type": type, authorization: "Bearer all.a" };
  const wrong: Record<string, () => Promise<Answer>> = {
    400: () => post(`${path}?delay=x`, body, { ...headers, "idempotency-key": "a b" }),
    401: () => post(path, body, { "content-type": type }),
    403: () => post(path, body, { ...headers, authorization: "Bearer other.b" }),
    415: () => post(path, body, { ...headers, "content-type": "text/xml" }),
    // Twenty megabytes take their time.
    ...(name === "place-order" && way !== "stream" && { 413: () => post(path, Buffer.alloc(20 * 1_048_576), headers) }),
  };
  for (const [status, send] of Object.entries(wrong)) {
    const answer = await send();
    expect(answer.status).toBe(Number(status));
    const { type, check } = schemaOf(operation.responses[status]!);
    expect(answer.headers.get("content-type")).toBe(type);
    expect([check!(answer.body), check!.errors]).toEqual([true, null]);
  }
});

function bodyOf(example: Example, type: string, way: string): string | Uint8Array {
  const { json, protobuf, avro, delimited, container } = encodings(example);
  switch (type) {
    case "application/x-ndjson":
      return json;
    case "application/json":
      return way === "batch" ? `[${json}]` : json;
    case "application/protobuf":
      return way === "batch" ? delimited : protobuf;
    case "application/avro":
      return way === "batch" ? container : avro;
    default:
      throw new Error(`the document has a type that this test does not know: ${type}`);
  }
}

type Post = Awaited<ReturnType<typeof serve>>["post"];

/** The answer's body; of a stream a list of its lines. */
async function postLines(post: Post, path: string, body: string | Uint8Array, headers: Record<string, string>) {
  return path.includes("/stream") ? post(path, body, headers, "lines") : post(path, body, headers);
}
