import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";

/** What a run changed or would change, as `update Topic greet`, sorted. What stays as it is is left out. */
export type Changes = readonly string[];

interface Watched {
  readonly onEvent: (event: EngineEvent) => void;
}

export const up = (stack: Stack) => changesOf((watched) => stack.up(watched));
export const preview = (stack: Stack) => changesOf((watched) => stack.preview(watched));
export const refresh = (stack: Stack) => changesOf((watched) => stack.refresh(watched));
export const destroy = (stack: Stack) => changesOf((watched) => stack.destroy(watched));

/** What a preview says where it refuses, in place of what it would do. */
export async function refusal(stack: Stack): Promise<string> {
  return refusalOf((watched) => stack.preview(watched));
}

/** What a run says where it fails. */
export async function refusalOf(run: (watched: Watched) => Promise<unknown>): Promise<string> {
  const said: string[] = [];
  const onEvent: Watched["onEvent"] = ({ diagnosticEvent }) => {
    if (diagnosticEvent?.severity === "error") said.push(diagnosticEvent.message);
  };
  const isRefused = await run({ onEvent }).then(
    () => false,
    () => true,
  );
  if (!isRefused) throw new Error("It refuses nothing.");
  return said.join("\n");
}

const QUIET: ReadonlySet<string> = new Set(["same", "refresh", "read"]);

async function changesOf(run: (watched: Watched) => Promise<unknown>): Promise<Changes> {
  const changes = new Set<string>();
  await run({
    onEvent({ resourcePreEvent, resOutputsEvent }) {
      // A preview only announces; a refresh knows what it found when it is through.
      const { op, urn } = (resOutputsEvent ?? resourcePreEvent)?.metadata ?? { op: "same", urn: "" };
      // Pulumi counts a stack's config as a resource of its own.
      if (!QUIET.has(op) && !urn.includes("::pulumi:providers:")) changes.add(`${op} ${nameOf(urn)}`);
    },
  });
  return [...changes].sort();
}

/** `Topic greet` of `urn:pulumi:test::shop::fivefold:pulsar:UseCase$pulumi-nodejs:dynamic/pulsar:Topic::greet`. */
function nameOf(urn: string): string {
  const [, , type = "", ...name] = urn.split("::");
  return `${type.split(":").at(-1)} ${name.join("::")}`;
}
