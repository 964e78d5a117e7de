import type { Buffer } from "node:buffer";

/** A topic as it is stored. Its partitions are numbered on from `firstPartition`. */
export interface TopicRow {
  readonly name: string;
  readonly firstPartition: number;
  readonly partitions: number;
}

/** Those rows of a list that are topics. */
export function parseTopics(value: Buffer): TopicRow[] {
  try {
    const rows: unknown = JSON.parse(value.toString("utf8"));
    return Array.isArray(rows) ? rows.filter(isTopic) : [];
  } catch {
    return [];
  }
}

/** `undefined` where a value is no topic's. */
export function parseTopic(value: Buffer): TopicRow | undefined {
  try {
    const row: unknown = JSON.parse(value.toString("utf8"));
    return isTopic(row) ? row : undefined;
  } catch {
    return undefined;
  }
}

function isTopic(row: unknown): row is TopicRow {
  if (typeof row !== "object" || row === null) return false;
  const { name, firstPartition, partitions } = row as Partial<Record<keyof TopicRow, unknown>>;
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) > 0;
  return typeof name === "string" && isCount(firstPartition) && isCount(partitions);
}
