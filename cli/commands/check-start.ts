import { findProject } from "../../loader/project.ts";
import { builtUseCases, loadExecutors, loadRuntime } from "../project-runtime.ts";
import { say } from "../terminal.ts";
import { orFault, patiently, readDuration, type StartOptions } from "./start.ts";

/**
 * `fivefold start --check`: does all that `start` does before the first task, and ends. What a deployment runs where no
 * replica would show that an image is broken.
 */
export async function checkStart(
  names: readonly string[],
  { root: folder, connectWithin }: Pick<StartOptions, "root" | "connectWithin">,
): Promise<void> {
  const withinMs = readDuration("--connect-within", connectWithin);
  const root = findProject(folder);
  // What handlers' modules have left running must not keep a process that has nothing more to do.
  const end = () => setImmediate(() => process.exit());
  const checked = await orFault(() => patiently(() => check(root, names), withinMs)).finally(end);
  say(`can start ${checked.join(", ")}`);
}

async function check(root: string, names: readonly string[]): Promise<string[]> {
  const { connect, topicOf, topicsOf } = await loadRuntime(root);
  const executors = await loadExecutors(root, await builtUseCases(root, names));
  const { ports, close } = await connect();
  try {
    await ports.transport.declare(executors.flatMap(({ settings }) => topicsOf(settings)));
    for (const { settings } of executors) {
      const topic = topicOf(settings.name, settings.priority);
      // Who may not consume is told so here.
      for (const { name } of settings.subscribers) await ports.transport.backlog(topic, name);
    }
  } finally {
    await close();
  }
  return executors.map(({ settings }) => settings.name);
}
