/*
 * Tasks a second, and CPU time a task, from enqueue to handler: Fivefold on its embedded store (every enqueue is synced
 * to the disk before it resolves) beside BullMQ on a local Redis, synced every second and for every write.
 */
import { join } from "node:path";
import { compileProject } from "../compile-project.ts";
import { printFigure, rateOf } from "./figure.ts";
import { TASKS } from "./pipeline/event.ts";
import { type Party, type Report, startParty } from "./pipeline/party.ts";
import { hasRedis, startRedis } from "./pipeline/redis.ts";

/** What is measured: parties by role, and the CPU time of what serves them. */
interface System {
  readonly name: string;
  party(role: "produce-bulk" | "produce-single" | "consume"): Promise<Party>;
  cpuMicros(): number;
}

async function measure(system: System, name: string, roles: readonly Parameters<System["party"]>[0][]): Promise<void> {
  const parties = await Promise.all(roles.map((role) => system.party(role)));
  const cpuBefore = system.cpuMicros();
  const startedAt = performance.now();
  const reports: Report[] = await Promise.all(parties.map((party) => party.go()));
  const wallMs = performance.now() - startedAt;
  const cpuMicros = reports.reduce((sum, report) => sum + report.cpuMicros, system.cpuMicros() - cpuBefore);
  await Promise.all(parties.map((party) => party.stop()));
  printFigure({
    bench: "pipeline",
    system: system.name,
    case: name,
    tasks: TASKS,
    ...rateOf(TASKS, wallMs, cpuMicros),
  });
}

async function measureAll(system: System): Promise<void> {
  await measure(system, "enqueue in bulk", ["produce-bulk"]);
  await measure(system, "handle what waits", ["consume"]);
  await measure(system, "enqueue one by one, 200 at once", ["produce-single"]);
  await measure(system, "handle what waits", ["consume"]);
  await measure(system, "enqueue in bulk and handle, two processes", ["consume", "produce-bulk"]);
  await measure(system, "enqueue one by one and handle, two processes", ["consume", "produce-single"]);
}

const project = await compileProject("bench", join(import.meta.dirname, "pipeline/usecases"));
await measureAll({
  name: "fivefold, embedded store",
  party: (role) => startParty("./fivefold-party.ts", [role, project]),
  cpuMicros: () => 0,
});
if (hasRedis()) {
  for (const appendfsync of ["everysec", "always"] as const) {
    const redis = await startRedis(appendfsync);
    await measureAll({
      name: `BullMQ, Redis with appendfsync ${appendfsync}`,
      party: (role) => startParty("./bullmq-party.ts", [role, `${redis.port}`]),
      cpuMicros: () => redis.cpuMicros(),
    });
    await redis.stop();
  }
} else {
  console.error("BullMQ was not measured: there is no redis-server on this machine's PATH.");
}
