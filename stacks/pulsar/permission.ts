import type { Kind } from "./kind.ts";
import { parsePartId, partId, topicPath } from "./names.ts";

export type PulsarAction = "consume" | "produce";

export interface PermissionInputs {
  /** The topic's id. */
  readonly topic: string;
  readonly role: string;
  /** In alphabetical order. */
  readonly actions: readonly PulsarAction[];
}

export const PERMISSION: Kind<PermissionInputs> = {
  name: "Permission",
  idOf: ({ topic, role }) => partId(topic, role),
  identity: ["topic", "role"],

  async read(id, _known, admin) {
    const { topic, name: role } = parsePartId(id);
    const granted = await admin.get<Record<string, PulsarAction[]>>(`${topicPath(topic)}/permissions`);
    const actions = granted?.[role];
    return actions && { topic, role, actions: actions.toSorted() };
  },

  create: grant,
  // Granting replaces what was granted before.
  update: (_live, news, admin) => grant(news, admin),

  async remove({ topic, role }, { admin }) {
    const granted = await admin.get<Record<string, unknown>>(`${topicPath(topic)}/permissions`);
    if (granted?.[role]) await admin.delete(path(topic, role));
  },
};

async function grant({ topic, role, actions }: PermissionInputs, admin: Parameters<typeof PERMISSION.create>[1]) {
  await admin.post(path(topic, role), actions);
}

function path(topic: string, role: string): string {
  return `${topicPath(topic)}/permissions/${encodeURIComponent(role)}`;
}
