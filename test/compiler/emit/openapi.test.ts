import { Validator } from "@seriousme/openapi-schema-validator";
import fc from "fast-check";
import { expect, test } from "vitest";
import { emitJsonSchema } from "../../../compiler/emit/json-schema/json-schema.ts";
import { emitOpenApi } from "../../../compiler/emit/json-schema/openapi.ts";
import type { UseCase } from "../../../compiler/model/model.ts";
import { model } from "./arbitrary.ts";
import { EVERYTHING, GENERATE_THUMBNAIL } from "./models.ts";

interface Document {
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, { readonly post: Operation }>>;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: { readonly $ref: string } }>> };
  readonly responses: Readonly<Record<string, { readonly $ref: string }>>;
}

const SEED = 20_261_124;
const random = fc.sample(model, { numRuns: 20, seed: SEED }).map((useCase, i) => ({ ...useCase, name: `sample-${i}` }));
const useCases: readonly UseCase[] = [GENERATE_THUMBNAIL, { ...EVERYTHING, owner: "team-others" }, ...random];

function documentOf(useCases: readonly UseCase[]): Document {
  return JSON.parse(emitOpenApi(useCases).text) as Document;
}

test("the document is valid by the schema of OpenAPI 3.1", async () => {
  for (const some of [useCases, []]) {
    const validator = new Validator();
    expect(await validator.validate({ ...documentOf(some) })).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
  }
  expect(await new Validator().validate({ ...documentOf(useCases), paths: { v1: {} } })).toMatchObject({
    valid: false,
  });
});

test("each use case has a path, which takes its contract and answers as a gateway does", () => {
  const { paths, tags } = documentOf(useCases);
  expect(Object.keys(paths)).toEqual(
    useCases.flatMap(({ name }) => [`/v1/${name}`, `/v1/${name}/batch`, `/v1/${name}/stream`]),
  );
  const { post } = paths["/v1/generate-thumbnail"]!;
  expect(post).toMatchObject({
    operationId: "generateThumbnail",
    tags: ["team-samples"],
    summary: "A file finished uploading.",
  });
  expect(Object.keys(post.responses).join()).toBe("202,400,401,403,408,409,413,415,429,500,503");
  expect(Object.keys(post.requestBody.content)).toEqual([
    "application/json",
    "application/protobuf",
    "application/avro",
  ]);
  expect(tags.map(({ name }) => name)).toEqual(["team-others", "team-samples"]);
  expect(new Set(Object.values(paths).map(({ post }) => post.operationId)).size).toBe(3 * useCases.length);
});

test("all that it refers to stands in it", () => {
  const { text } = emitOpenApi(useCases);
  const document: unknown = JSON.parse(text);
  const references = [...text.matchAll(/"\$ref": "([^"]+)"/g)].map(([, reference]) => reference!);
  expect(references.length).toBeGreaterThan(useCases.length);
  for (const reference of references)
    expect([reference, at(document, reference)]).toEqual([reference, expect.anything()]);
});

test("what it takes is what the contract takes", () => {
  const document = JSON.parse(emitOpenApi(useCases).text) as { components: { schemas: Record<string, object> } };
  const contract = JSON.parse(emitJsonSchema(GENERATE_THUMBNAIL).text) as {
    $defs: Record<string, object>;
    properties: object;
  };
  const inDocument = (text: string) =>
    text.replaceAll("#/components/schemas/", "").replaceAll("generate-thumbnail.", "");
  const inContract = (text: string) => text.replaceAll("#/$defs/", "");
  const { schemas } = document.components;
  expect(schemas["generate-thumbnail"]).toHaveProperty("title", "FileUploaded");
  expect(inDocument(JSON.stringify(schemas["generate-thumbnail"]))).toContain(
    inContract(JSON.stringify(contract.properties)),
  );
  for (const name of ["Origin", "FileKind"])
    expect(schemas[`generate-thumbnail.${name}`]).toEqual(contract.$defs[name]);
});

/** What a pointer within the document points to. */
function at(document: unknown, pointer: string): unknown {
  return pointer
    .slice(2)
    .split("/")
    .reduce((part, key) => (part as Record<string, unknown>)?.[key], document);
}
