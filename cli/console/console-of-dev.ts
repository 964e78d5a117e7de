import type { Socket } from "node:net";
import { Fault } from "../../loader/fault.ts";
import { operatorName } from "../commands/audit-log.ts";
import { complain } from "../terminal.ts";
import { singleToken } from "./access.ts";
import { type Assets, readAssets } from "./assets.ts";
import { loopbackHosts, openConsole } from "./console.ts";
import type { ConsoleApi } from "./console-api.ts";
import { createConsoleServer } from "./console-server.ts";

/** `fivefold console-of-dev`: answers the connections that `fivefold dev` hands to it. */
export function serveDevConsole({ root, data }: { readonly root: string; readonly data: string }): void {
  const { FIVEFOLD_CONSOLE_TOKEN: token, FIVEFOLD_CONSOLE_PORT: port } = process.env;
  if (!process.send || !token) throw new Fault("usage", "`fivefold console-of-dev` is started by `fivefold dev`.");
  // Nobody else's program, started from here, is to know it.
  delete process.env.FIVEFOLD_CONSOLE_TOKEN;
  let opening: Promise<ConsoleApi> | undefined;
  const server = createConsoleServer({
    access: singleToken(token, operatorName()),
    assets: assetsOrNone(),
    hosts: () => loopbackHosts(Number(port)),
    secure: false,
    openApi() {
      opening ??= openConsole({ root, data }, undefined).then(({ api }) => api);
      opening.catch(() => {
        opening = undefined;
      });
      return opening;
    },
  });
  process.on("message", (_, socket) => {
    if (!socket) return;
    server.emit("connection", socket as Socket);
    (socket as Socket).resume();
  });
  // Its parent says when: Ctrl+C reaches all processes of a terminal.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
}

function assetsOrNone(): Assets {
  try {
    return readAssets();
  } catch (error) {
    complain((error as Error).message);
    return new Map();
  }
}
