import type { Command } from "commander";
import { withAuditOptions, withStoreOptions } from "../options.ts";

/** Declares the commands that show how new releases take over, and decide it by hand. */
export function rolloutCommands(program: Command): void {
  const rollout = program
    .command("rollout")
    .description("how new releases of use cases with `execution.release` take over from the ones that run");

  withStoreOptions(
    rollout
      .command("status [use-case...]")
      .description("show which release takes which share; exit code 1 where the last new one was rolled back")
      .option("--wait <duration>", "wait so long for rollouts to end; exit code 3 where one has not"),
  ).action(async (names, options) => {
    const { showRollouts } = await import("./rollouts.ts");
    await showRollouts(names, options);
  });

  for (const verdict of ["back", "promote"] as const) {
    withAuditOptions(
      rollout
        .command(`${verdict} <use-case>`)
        .description(
          verdict === "back"
            ? "give the new release's share back to the stable one, without a deployment"
            : "give all tasks to the new release, whatever the evidence",
        )
        .option("--why <text>", "kept with the verdict"),
    ).action(async (name, options) => {
      const { endRollout } = await import("./rollouts.ts");
      await endRollout(verdict, name, options);
    });
  }
}
