import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const WAITS_WITHIN_MS = 10_000;

/**
 * Runs a call while another session has written these rows anew and not committed, as a renewal does; it commits once
 * the call waits for it. Each statement looks at the rows as they were when it began: this is where that is too old.
 */
export async function whileWritten(
  { url, table, set }: { readonly url: string; readonly table: string; readonly set: string },
  call: () => Promise<void>,
): Promise<void> {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  try {
    await session.query("BEGIN");
    await session.query(`UPDATE ${table} SET ${set}`);
    const called = call();
    await untilSomebodyWaits(session);
    await session.query("COMMIT");
    await called;
  } finally {
    await session.end();
  }
}

async function untilSomebodyWaits(session: pg.Client): Promise<void> {
  for (const endsAt = Date.now() + WAITS_WITHIN_MS; Date.now() < endsAt; await sleep(5)) {
    const { rows } = await session.query("SELECT 1 FROM pg_locks WHERE NOT granted");
    if (rows.length > 0) return;
  }
  throw new Error("the call waits for no row: it and the write do not overlap");
}
