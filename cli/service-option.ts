import { Fault } from "../loader/fault.ts";

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
