import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openLmdbControlStore } from "../../../runtime/adapters/embedded/lmdb-control-store.ts";
import { openCallbackPort } from "../../../runtime/callback-port.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import type { Ports } from "../../../runtime/ports/ports.ts";
import { noteContracts } from "../note-contract.ts";
import { SECRET } from "./target-world.ts";

/** A service whose tasks are answered later. */
export const LATE = { kind: "service", name: "thumbnails", path: "/", format: "json" } as const;
export const { settings } = noteContracts({ subscribers: { default: { target: LATE } }, handlers: {} }).client;
/** A port that takes callbacks, as any replica has one. */
export async function startPort(openControlStore: NonNullable<Ports["openControlStore"]>): Promise<string> {
  const environment = { FIVEFOLD_SIGNING_SECRET_THUMBNAILS: SECRET };
  const ports = { openControlStore, clock: systemClock };
  const port = await openCallbackPort({ ports, useCases: [settings], environment, port: 0, host: "127.0.0.1" });
  onTestFinished(() => port.close());
  return `http://127.0.0.1:${port.port}`;
}

/** A control store in a folder of its own. */
export async function openLmdb(): Promise<NonNullable<Ports["openControlStore"]>> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-callbacks-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return () => openLmdbControlStore(folder, systemClock);
}
