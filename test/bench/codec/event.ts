import { enumOf, enumRef, FLOAT, INT, message, messageRef, TEXT, useCaseOf } from "../../compiler/emit/models.ts";

/** What the codecs are measured on: an event of 256 bytes, as protobuf has it, with 11 fields of all common types. */
export interface FileIndexed {
  id: string;
  teamId: string;
  path: string;
  sizeBytes: number;
  lines: number;
  kind: "image" | "video" | "document";
  indexedAt: Date;
  ratio: number;
  isPublic: boolean;
  tags: string[];
  origin: { host: string; port: number };
}

export const MODEL = useCaseOf(
  "index-file",
  [
    message("FileIndexed", {
      id: { kind: "text", format: "uuid" },
      teamId: { kind: "text", maxLength: 64 },
      path: { kind: "text", minLength: 1, maxLength: 1_024 },
      sizeBytes: { kind: "int", wire: "uint64", min: 0, max: Number.MAX_SAFE_INTEGER },
      lines: INT,
      kind: enumRef("FileKind"),
      indexedAt: { kind: "timestamp" },
      ratio: FLOAT,
      isPublic: { kind: "boolean" },
      tags: { kind: "array", items: TEXT, maxItems: 8 },
      origin: messageRef("Origin"),
    }),
    message("Origin", {
      host: { kind: "text", maxLength: 253 },
      port: { kind: "int", wire: "uint32", min: 1, max: 65_535 },
    }),
  ],
  [enumOf("FileKind", "image", "video", "document")],
);

/** The same for JSON Schema; a JSON text has no Date. */
export const JSON_SCHEMA = {
  type: "object",
  required: ["id", "teamId", "path", "sizeBytes", "lines", "kind", "indexedAt", "ratio", "isPublic", "tags", "origin"],
  properties: {
    id: { type: "string", pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$" },
    teamId: { type: "string", maxLength: 64 },
    path: { type: "string", minLength: 1, maxLength: 1_024 },
    sizeBytes: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    lines: { type: "integer", minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    kind: { enum: ["image", "video", "document"] },
    indexedAt: { type: "integer" },
    ratio: { type: "number" },
    isPublic: { type: "boolean" },
    tags: { type: "array", items: { type: "string" }, maxItems: 8 },
    origin: {
      type: "object",
      required: ["host", "port"],
      properties: {
        host: { type: "string", maxLength: 253 },
        port: { type: "integer", minimum: 1, maximum: 65_535 },
      },
    },
  },
};

/** Different events of one size, so that no party can do well by remembering one. */
export function makeEvents(count: number): FileIndexed[] {
  const kinds = ["image", "video", "document"] as const;
  return Array.from({ length: count }, (_, i) => {
    const digits = String(i).padStart(12, "0");
    return {
      id: `123e4567-e89b-12d3-a456-${digits}`,
      teamId: `team-${digits}`,
      path: `projects/europe/north/quarter-${digits}/reports/pictures/published/final-version-reviewed.pdf`,
      sizeBytes: 1_000_000_007 + i,
      lines: 40_000 + i,
      kind: kinds[i % 3]!,
      indexedAt: new Date(1_790_000_000_123 + i),
      ratio: 0.7 + i / 1_000,
      isPublic: true,
      tags: ["reports", "final", `batch-${digits}`],
      origin: { host: "eu-west-1.example.org", port: 8_443 },
    };
  });
}
