/** `persistent://tenant/namespace/topic` in its parts. */
export interface TopicName {
  /** `tenant/namespace`. */
  readonly namespace: string;
  /** The name within the namespace. */
  readonly topic: string;
}

export function topicId({ namespace, topic }: TopicName): string {
  return `persistent://${namespace}/${topic}`;
}

export function parseTopicId(id: string): TopicName {
  const match = /^persistent:\/\/([^/]+\/[^/]+)\/([^/]+)$/.exec(id);
  if (!match) throw new Error(`'${id}' names no topic. Write persistent://<tenant>/<namespace>/<topic>.`);
  return { namespace: match[1] as string, topic: match[2] as string };
}

/** Where a topic is in the admin API. */
export function topicPath(id: string): string {
  const { namespace, topic } = parseTopicId(id);
  return `/persistent/${namespace}/${encodeURIComponent(topic)}`;
}

/** What belongs to a topic: its id, a `#`, and its own name, which may hold any character. */
export function partId(topic: string, name: string): string {
  return `${topic}#${name}`;
}

export function parsePartId(id: string): { readonly topic: string; readonly name: string } {
  const at = id.indexOf("#");
  if (at < 0) throw new Error(`'${id}' has no '#' between a topic and what belongs to it.`);
  return { topic: id.slice(0, at), name: id.slice(at + 1) };
}
