/*
 * The modules of the project that the node runs: two use cases whose handlers write down in PostgreSQL what they handled.
 */

export const MAX_IN_FLIGHT = 4;

/** A module of handlers: `record` writes down what they handled. */
export const RECORD = `import { createRequire } from "node:module";
const { Pool } = createRequire(import.meta.url)("pg");
const pool = new Pool({ connectionString: process.env.HISTORY_URL, max: 2 });
/** Resolves once it is written down that this pod handled the event. */
export async function record(useCase: string, eventId: string): Promise<void> {
  const text = "INSERT INTO handled (use_case, event_id, pod, version) VALUES ($1, $2, $3, $4)";
  await pool.query(text, [useCase, eventId, process.env.HOSTNAME, process.env.VERSION]);
}
`;

const useCaseModule = (name: string, event: string) => `import { useCase } from "fivefold";
import { record } from "../src/record.ts";

export interface ${event} { eventId: string; workMs: number }

export default useCase<${event}>({
  owner: "team-a",
  flowControl: { maxInFlight: ${MAX_IN_FLIGHT} },
  handler: async ({ eventId, workMs }) => {
    await new Promise((resolve) => setTimeout(resolve, workMs));
    if (workMs === 13) throw new Error("unlucky");
    await record("${name}", eventId);
  },
});
`;

/** Enqueues until it is told to end, and prints what was accepted. */
const ENQUEUE = `import { connect } from "fivefold/runtime";
const [useCase, count, workMs, everyMs] = process.argv.slice(2);
const { [useCase === "burst" ? "burst" : "steady"]: client } = await import(\`./generated/\${useCase}/client.ts\`);
const connection = await connect();
let ended = false;
process.on("SIGTERM", () => { ended = true; });
for (let at = 0; at < Number(count) && !ended; at++) {
  const eventId = \`\${process.pid}-\${at}\`;
  await client.enqueue({ eventId, workMs: Number(workMs) });
  console.log(eventId);
  if (Number(everyMs) > 0) await new Promise((resolve) => setTimeout(resolve, Number(everyMs)));
}
await connection.close();
process.exit(0);
`;

export const SHOP_FILES: Readonly<Record<string, string>> = {
  "src/record.ts": RECORD,
  "usecases/steady.ts": useCaseModule("steady", "SteadyWork"),
  "usecases/burst.ts": useCaseModule("burst", "BurstOfWork"),
  "enqueue.ts": ENQUEUE,
};
