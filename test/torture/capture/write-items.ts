import type pg from "pg";
import type { drawFrom } from "../../store-model/world.ts";

type Draw = ReturnType<typeof drawFrom>;

/** What a row is after a change; undefined: gone. */
export interface Item {
  readonly version: number;
  readonly amount: string;
  readonly note: string | null;
  readonly tags: readonly number[];
  readonly body: string;
}

export interface Op {
  readonly kind: "insert" | "update" | "delete";
  /** 0 of what is gone. */
  readonly version: number;
}

/** What was committed, by key, in the order of commits. */
export type History = Map<string, Op[]>;

export const TABLE = `
  CREATE SCHEMA goods;
  CREATE TABLE goods.items (
    owner int, name text COLLATE "C", version bigint NOT NULL, amount numeric(20, 4) NOT NULL, note varchar(20),
    tags int[] NOT NULL, body text NOT NULL, unread json, PRIMARY KEY (owner, name)
  );
  ALTER TABLE goods.items ALTER COLUMN body SET STORAGE EXTERNAL;
`;

/** Rows that are there before anything is captured; every tenth is large. */
export function preload(rows: number, writers: number): string {
  return `
    INSERT INTO goods.items
    SELECT i % ${writers}, 'n' || i, 0, i / 3.0, CASE WHEN i % 3 = 0 THEN NULL ELSE 'note ' || i END, ARRAY[i, -i],
      CASE WHEN i % 10 = 0 THEN repeat('x', 3000) ELSE 'small' END, '{}'
    FROM generate_series(1, ${rows}) i`;
}

const SOME_NOTES = [null, "", "NULL", '{"a"}', "ü\u2028", "\\"];

/**
 * Inserts, updates, deletes and moves rows of one owner, in transactions of one to several, of which some are rolled back, whole
 * or in part. Nobody else changes that owner's rows, so that the order of its commits is known.
 */
export async function writeItems(
  pool: pg.Pool,
  owner: number,
  {
    draw,
    changes,
    rows,
    writers,
    history,
  }: { draw: Draw; changes: number; rows: number; writers: number; history: History },
): Promise<void> {
  const client = await pool.connect();
  const gone = new Set<string>();
  const made: string[] = [];
  let version = 0;
  let done = 0;
  let next = 0;

  const some = (): string => {
    if (made.length > 0 && draw(3) === 0) return made[draw(made.length)]!;
    // Of the preloaded rows, those of this owner.
    const i = owner + writers * draw(Math.max(1, Math.floor(rows / writers)));
    return `n${i === 0 ? writers : i}`;
  };

  async function change(ops: [string, Op][]): Promise<void> {
    const name = some();
    const note = SOME_NOTES[draw(SOME_NOTES.length)]!;
    const of = (n: string) => `${owner}/${n}`;
    version++;
    switch (draw(8)) {
      case 0:
      case 1: {
        const fresh = draw(4) === 0 && gone.size > 0 ? [...gone][draw(gone.size)]! : `m${owner}-${next++}`;
        const { rowCount } = await client.query(
          "INSERT INTO goods.items VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
          [owner, fresh, version, version / 7, note, [version, 0], draw(5) === 0 ? "y".repeat(4_000) : "s"],
        );
        if (rowCount === 1) {
          ops.push([of(fresh), { kind: "insert", version }]);
          made.push(fresh);
        }
        return;
      }
      case 2: {
        const { rowCount } = await client.query("DELETE FROM goods.items WHERE owner = $1 AND name = $2", [
          owner,
          name,
        ]);
        if (rowCount === 1) ops.push([of(name), { kind: "delete", version: 0 }]);
        gone.add(name);
        return;
      }
      case 3: {
        const moved = `${name}'`;
        const { rowCount } = await client.query(
          `UPDATE goods.items SET name = $3, version = $4 WHERE owner = $1 AND name = $2
           AND NOT EXISTS (SELECT 1 FROM goods.items WHERE owner = $1 AND name = $3)`,
          [owner, name, moved, version],
        );
        if (rowCount === 1) {
          ops.push([of(name), { kind: "delete", version: 0 }], [of(moved), { kind: "insert", version }]);
          made.push(moved);
        }
        return;
      }
      case 4: {
        // Several rows by one statement.
        const { rows: found } = await client.query(
          `UPDATE goods.items SET version = $2, note = $3 WHERE (owner, name) IN
           (SELECT owner, name FROM goods.items WHERE owner = $1 AND name >= $4 ORDER BY name LIMIT 5) RETURNING name`,
          [owner, version, note, name],
        );
        for (const row of found) ops.push([of(row.name), { kind: "update", version }]);
        return;
      }
      default: {
        const body = draw(4) === 0 ? ", body = repeat('z', 2500 + ($3::bigint % 7)::int)" : "";
        const { rowCount } = await client.query(
          `UPDATE goods.items SET version = $3::bigint, note = $4${body} WHERE owner = $1 AND name = $2`,
          [owner, name, version, note],
        );
        if (rowCount === 1) ops.push([of(name), { kind: "update", version }]);
      }
    }
  }

  try {
    while (done < changes) {
      const ops: [string, Op][] = [];
      await client.query("BEGIN");
      for (let n = 1 + draw(draw(20) === 0 ? 200 : 6); n > 0; n--) {
        if (draw(10) > 0) await change(ops);
        else {
          await client.query("SAVEPOINT s");
          await change([]);
          await client.query("ROLLBACK TO s");
        }
      }
      const isKept = draw(8) > 0;
      await client.query(isKept ? "COMMIT" : "ROLLBACK");
      if (!isKept) continue;
      done += ops.length;
      for (const [key, op] of ops) {
        const own = history.get(key);
        if (own) own.push(op);
        else history.set(key, [op]);
      }
    }
  } finally {
    client.release();
  }
}
