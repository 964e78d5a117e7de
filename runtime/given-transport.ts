import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Clock, systemClock } from "./contract/clock.ts";
import { FivefoldError } from "./contract/errors.ts";
import { describeThrown } from "./contract/thrown.ts";
import type { Transport } from "./transport/transport.ts";

/** Opens a transport that is not Fivefold's own. The interface `Transport` says what it must do. */
export interface TransportFactory {
  /** Opens it for this process, which closes it at its end. Throws where it can't be reached. */
  open(options: { readonly clock: Clock }): Promise<Transport>;
}

/** A factory, or the module that exports one by default: a package, or a path from the current folder. */
export type GivenTransport = TransportFactory | string;

/** Throws a FivefoldError where it can't be loaded, or is none. What opening throws comes as it is. */
export async function openGivenTransport(given: GivenTransport): Promise<Transport> {
  const factory: unknown = typeof given === "string" ? await load(given) : given;
  const open = (factory as Partial<TransportFactory> | null | undefined)?.open;
  if (typeof open !== "function") {
    const what = typeof given === "string" ? `The default export of '${given}'` : "`transport`";
    throw new FivefoldError(
      "invalid-option",
      `${what} opens no transport: it must be an object with \`open({ clock })\`, which returns a Transport of fivefold/runtime.`,
    );
  }
  return open.call(factory, { clock: systemClock });
}

async function load(module: string): Promise<unknown> {
  const isPath = /^\.\.?\//.test(module) || isAbsolute(module);
  try {
    const loaded = (await import(isPath ? pathToFileURL(resolve(module)).href : module)) as { default?: unknown };
    return loaded.default;
  } catch (error) {
    throw new FivefoldError(
      "invalid-option",
      `The transport '${module}' can't be loaded: ${describeThrown(error)}. Set FIVEFOLD_TRANSPORT to an installed package, ` +
        "or to a module's path from the current folder, which begins with ./ or /.",
      { cause: error },
    );
  }
}
