/* A process that fires what is due and prints the ids, until it is killed: `claimer.ts <url> <schema> <leaseMs>`. */
import { setTimeout as sleep } from "node:timers/promises";
import { openPostgresDelayStore } from "../../../runtime/adapters/postgres/postgres-delay-store.ts";

const [url, schema, leaseMs, removes] = process.argv.slice(2) as [string, string, string, string];
const store = await openPostgresDelayStore({ url, schema });
for (;;) {
  const claims = await store.claimDue(Date.now(), 100, Number(leaseMs));
  // One write for all: a kill must not come between two ids of one claim.
  if (claims.length > 0) process.stdout.write(claims.map(({ record }) => `${record.id}\n`).join(""));
  if (removes === "yes") await store.remove(claims);
  if (claims.length === 0) await sleep(10);
}
