import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { installPart } from "./part-cache.ts";
import { startProgram } from "./program.ts";
import { installPulsarBroker, PULSAR_VERSION } from "./pulsar-install.ts";
import { preparePulsar } from "./pulsar-java.ts";

const READY_WITHIN_MS = 300_000;
/** It writes 90 MB before it is gone. */
const STOPS_WITHIN_MS = 300_000;
const FILE = "classes.jsa";

/**
 * The archive of classes that a broker starts with a third of the work from: a broker that has started and holds a topic
 * leaves what it has loaded. Resolves with its path. A JVM takes it only for the very jars that it was made from.
 */
export async function installPulsarClasses(): Promise<string> {
  const jars = await installPulsarBroker();
  const java = spawnSync("java", ["-version"], { encoding: "utf8" }).stderr;
  const hash = createHash("sha256").update(`${java}${jars}`).digest("hex").slice(0, 12);
  const part = await installPart({
    name: "pulsar-classes",
    version: `${PULSAR_VERSION}-${hash}`,
    takes: "half a minute",
    build: (folder, log) => archiveClasses(jars, join(folder, FILE), log),
  });
  return join(part, FILE);
}

async function archiveClasses(jars: string, archive: string, log: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-pulsar-classes-"));
  try {
    const [broker, web, bookie] = (await freePorts(3)) as [number, number, number];
    const admin = `http://127.0.0.1:${web}/admin/v2`;
    const program = await startProgram({
      name: "the Pulsar broker whose classes are archived",
      command: "java",
      args: await preparePulsar({
        jars,
        folder,
        ports: { broker, web, bookie },
        config: { clusterName: "standalone" },
        options: [`-XX:ArchiveClassesAtExit=${archive}`],
      }),
      cwd: folder,
      log,
      readyWithinMs: READY_WITHIN_MS,
      stopsWithinMs: STOPS_WITHIN_MS,
      async ready() {
        // By this it publishes, and reads what it has published.
        const { status } = await fetch(`${admin}/brokers/health`);
        return status === 200 ? undefined : `its health is answered with ${status}`;
      },
    });
    await fetch(`${admin}/persistent/public/default/some`, { method: "PUT" });
    await fetch(`${admin}/persistent/public/default/some/subscription/some`, { method: "PUT" });
    await program.stop();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
