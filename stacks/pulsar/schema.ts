import type { PulsarAdmin } from "./admin-client.ts";
import type { Kind } from "./kind.ts";
import { parsePartId, parseTopicId, partId } from "./names.ts";

export interface SchemaInputs {
  /** The topic's id. */
  readonly topic: string;
  /** Pulsar's name of the kind of schema. */
  readonly type: string;
  /** The definition, as the registry takes it: text. */
  readonly definition: string;
}

interface Version {
  readonly type: string;
  readonly data: string;
}

export const SCHEMA: Kind<SchemaInputs> = {
  name: "Schema",
  idOf: ({ topic }) => partId(topic, "schema"),
  identity: ["topic"],

  /** A registry only adds: after going back to an earlier event, its schema is there, but not as the latest version. */
  async read(id, known, admin) {
    const { topic } = parsePartId(id);
    const versions = (await admin.get<{ getSchemaResponses: Version[] }>(`${path(topic)}/schemas`))?.getSchemaResponses;
    const wanted = versions?.find(({ type, data }) => type === known.type && isSame(data, known.definition));
    if (wanted) return { topic, type: wanted.type, definition: known.definition as string };
    const latest = versions?.at(-1);
    return latest && { topic, type: latest.type, definition: latest.data };
  },

  create: register,
  update: (_live, news, admin) => register(news, admin),

  async remove({ topic }, { admin }) {
    await admin.delete(`${path(topic)}/schema`);
  },
};

async function register({ topic, type, definition }: SchemaInputs, admin: PulsarAdmin): Promise<void> {
  await admin.post(`${path(topic)}/schema`, { type, schema: definition, properties: {} });
}

/** The registry may hand a JSON text back with its fields in another order. */
function isSame(found: string, known: string | undefined): boolean {
  if (found === known) return true;
  try {
    return sorted(JSON.parse(found)) === sorted(JSON.parse(known ?? ""));
  } catch {
    return false;
  }
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function path(topic: string): string {
  const { namespace, topic: name } = parseTopicId(topic);
  return `/schemas/${namespace}/${encodeURIComponent(name)}`;
}
