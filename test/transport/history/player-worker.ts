import { openSync } from "node:fs";
import type { Transport } from "../../../runtime/transport/transport.ts";
import { tellToFile } from "./history.ts";
import { type Part, play } from "./player.ts";
import type { Setting } from "./setting.ts";

/*
 * Another process of a setting: takes its orders as one message, says "published" once it has published all, and ends
 * where the channel to its parent does.
 */

/** What a process is told. */
export interface Orders {
  /** A module whose export `open` opens a transport on a place, which `argument` names. */
  readonly module: string;
  readonly argument: string;
  /** Where its history goes. */
  readonly file: string;
  readonly setting: Setting;
  readonly part: Part;
}

/** Its parent may let go of it before it has opened anything: one that starts late is not needed any more. */
const released = new Promise<void>((resolve) => {
  process.once("disconnect", resolve);
});

process.once("message", async ({ module, argument, file, setting, part }: Orders) => {
  const { open }: { open: (argument: string) => Promise<Transport> } = await import(module);
  const transport = await open(argument);
  const player = play(transport, setting, part, tellToFile(openSync(file, "a")));
  void player.published.then(() => {
    // Its parent may let go of it at that moment: then nobody wants to know.
    if (process.connected) process.send!("published", undefined, {}, () => {});
  });
  await released;
  await player.stop();
  await transport.close();
  process.exit(0);
});
