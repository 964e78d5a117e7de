/*
 * 400 use cases in one worker on Pulsar and PostgreSQL, by each way: how long the worker takes to start the first time,
 * when there are no topics yet, and the second time; and what it takes of a core when it has nothing to do.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createNamespace, environmentOf, WAYS } from "../e2e/pulsar/transports.ts";
import { startPostgres } from "../parts/postgres.ts";
import { startPulsarBroker } from "../parts/pulsar-broker.ts";
import { printFigure } from "./figure.ts";

const WORKER = join(import.meta.dirname, "many-use-cases", "worker.ts");

const [broker, postgres] = await Promise.all([startPulsarBroker({ isMeasured: true }), startPostgres()]);
for (const way of WAYS) {
  const { name } = await createNamespace(broker);
  const env = {
    ...process.env,
    ...environmentOf(way.address(broker)),
    FIVEFOLD_PULSAR_NAMESPACE: name,
    FIVEFOLD_POSTGRES_URL: postgres.connectionString,
  };
  for (const start of ["first", "second"]) {
    const { stdout } = await promisify(execFile)(process.execPath, [WORKER], { env });
    printFigure({ bench: "many use cases", way: way.name, start, ...JSON.parse(stdout) });
  }
}
await Promise.all([broker.stop(), postgres.stop()]);
