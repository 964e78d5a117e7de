import type { RowChanged } from "./usecases/row-changed.ts";
import type { History, Item } from "./write-items.ts";

/** What became of what was told, event by event, in the order in which it was accepted. */
export interface ItemChecker {
  /** `id`: the task's. */
  told(id: string, event: RowChanged): void;
  faults(table: ReadonlyMap<string, Item>): string[];
  readonly did: { told: number; snapshots: number; repeats: number };
}

interface Key {
  /** How many changes of its history were told. */
  told: number;
  state: Item | undefined;
  /** The last that is known, of a row that is gone or moved too. */
  body: string | undefined;
  isSnapshotTold: boolean;
}

const MOST = 20;

/**
 * Holds what is promised of captured changes: of each key, the changes told are those that were committed, in their order; a
 * row of the snapshot is no older than the last change that was told; and what was told, repeats included, comes to the table.
 */
export function createItemChecker(history: History, mayRepeat: boolean): ItemChecker {
  const ids = new Set<string>();
  const keys = new Map<string, Key>();
  const found: string[] = [];
  const did = { told: 0, snapshots: 0, repeats: 0 };
  const fault = (text: string) => {
    if (found.length < MOST) found.push(text);
  };

  function apply(key: Key, { key: name, kind, version, amount, note, tags, body, from }: RowChanged): void {
    if (kind === "delete") key.state = undefined;
    else {
      key.body = body ?? (from === undefined ? key.body : keys.get(from)?.body);
      key.state = { version: Number(version), amount, note, tags, body: key.body ?? `unknown of ${name}` };
    }
  }

  return {
    did,
    told(id, event) {
      did.told++;
      const own = keys.get(event.key) ?? { told: 0, state: undefined, body: undefined, isSnapshotTold: false };
      keys.set(event.key, own);
      const isRepeat = ids.has(id);
      ids.add(id);
      const committed = history.get(event.key) ?? [];
      if (isRepeat) {
        did.repeats++;
        if (!mayRepeat) fault(`${id} came twice, though nobody was killed`);
      } else if (event.kind === "snapshot") {
        did.snapshots++;
        const at =
          event.version === 0n ? -1 : committed.findLastIndex(({ version }) => version === Number(event.version));
        if (event.version !== 0n && at < 0)
          fault(`${event.key}: the snapshot has version ${event.version}, which was never committed`);
        if (at < own.told - 1) {
          fault(
            `${event.key}: the snapshot tells version ${event.version} (change ${at}) behind change ${own.told - 1}`,
          );
        }
        own.isSnapshotTold = true;
      } else {
        const expected = committed[own.told];
        if (expected?.kind !== event.kind || expected.version !== Number(event.version)) {
          const what = JSON.stringify(expected ?? "nothing");
          fault(
            `${event.key}: ${event.kind} ${event.version} was told where ${what} was to come (change ${own.told}), ${id}`,
          );
        }
        own.told++;
      }
      apply(own, event);
    },
    faults(table) {
      for (const [key, ops] of history) {
        const told = keys.get(key)?.told ?? 0;
        if (told !== ops.length) fault(`${key}: ${told} of ${ops.length} changes were told`);
      }
      for (const [key, item] of table) {
        const state = keys.get(key)?.state;
        if (JSON.stringify(state) !== JSON.stringify(item)) {
          fault(`${key}: the table has ${short(item)}; what was told comes to ${short(state)}`);
        }
      }
      for (const [key, { state }] of keys) {
        if (state && !table.has(key)) fault(`${key}: what was told comes to a row, and the table has none`);
      }
      return found;
    },
  };
}

function short(item: Item | undefined): string {
  return item ? JSON.stringify({ ...item, body: `${item.body.slice(0, 4)}… of ${item.body.length}` }) : "no row";
}
