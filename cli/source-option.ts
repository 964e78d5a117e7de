import { Fault } from "../loader/fault.ts";

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
