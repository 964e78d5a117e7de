import type { Command } from "commander";
import { Fault } from "../loader/fault.ts";
import type { UseCaseSettings } from "../runtime/runtime.ts";

/** Adds what every command takes that looks into a project's stores; `stores.ts` reads it. */
export function withStoreOptions(command: Command): Command {
  return command
    .option("--data <folder>", "the data folder, as `dev` has it (default: where the environment says)")
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)");
}

/** The same, of a command that changes what runs or what waits. */
export function withAuditOptions(command: Command): Command {
  return withStoreOptions(command).option(
    "--audit <file>",
    "where what is done is written down (default: .fivefold/audit.jsonl)",
  );
}

/** The sources whose outboxes are relayed: as named, or as FIVEFOLD_OUTBOX lists them. */
export function outboxNames(named: readonly string[] | undefined, environment: NodeJS.ProcessEnv): readonly string[] {
  return named ?? (environment.FIVEFOLD_OUTBOX ?? "").split(",").filter((name) => name !== "");
}

/** What `--source <name>=<url>` says, as the runtime reads it from the environment. */
export function sourceEnvironment(sources: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    sources.map((source) => {
      const [, name, url] = /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*)=(.+)$/.exec(source) ?? [];
      if (!name || !url) {
        throw new Fault(
          "usage",
          `--source takes a source's name and its URL: billing=postgres://user:password@host/database; found '${source}'.`,
        );
      }
      return [`FIVEFOLD_SOURCE_${name.toUpperCase().replaceAll("-", "_")}`, url];
    }),
  );
}

/** What stands on this machine is open to `fivefold dev` by naming it. */
const LOOPBACK = "127.0.0.0/8,::1";

/** What `--service <name>=<url>`, `--network <cidr>` and `--callback-port` say, as workers read it from their environment. */
export function targetEnvironment(
  services: readonly string[],
  networks: readonly string[],
  callbackPort: number,
  environment: NodeJS.ProcessEnv,
): Record<string, string> {
  if (services.length === 0 && networks.length === 0) return {};
  const told: Record<string, string> = {};
  for (const service of services) {
    const [, name, url] = /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*)=(.+)$/.exec(service) ?? [];
    if (!name || !url) {
      throw new Fault(
        "usage",
        `--service takes a target's name and its URL: thumbnails=http://localhost:3000; found '${service}'.`,
      );
    }
    const variable = `FIVEFOLD_SERVICE_${name.toUpperCase().replaceAll("-", "_")}`;
    told[variable] = variable in told ? `${told[variable]},${url}` : url;
  }
  const open = [environment.FIVEFOLD_SERVICE_NETWORKS, ...networks, LOOPBACK].filter((network) => network);
  const callbacks = environment.FIVEFOLD_CALLBACK_URL || `http://127.0.0.1:${callbackPort}`;
  return { ...told, FIVEFOLD_SERVICE_NETWORKS: open.join(","), FIVEFOLD_CALLBACK_URL: callbacks };
}

type Rate = NonNullable<UseCaseSettings["subscribers"][number]["rate"]>;

const PERIOD_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `100`, `100/s`, `600/m` or `50/h`. */
export function parseRate(option: string, text: string): Rate {
  const [, count, unit = "s"] = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(text) ?? [];
  if (Number(count) > 0) return { count: Number(count), periodMs: PERIOD_MS[unit as keyof typeof PERIOD_MS] };
  throw new Fault("usage", `${option} takes a number above 0 and a unit: 100/s, 600/m or 50/h; found '${text}'.`);
}
