import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findProject } from "../../loader/project.ts";
import { builtUseCases } from "../project-runtime.ts";
import { colorsOf, say, sayJson } from "../terminal.ts";

export interface ListOptions {
  readonly json?: boolean;
  readonly root?: string;
}

/** `fivefold list [use-case]`: the use cases that were built; the page of the one that is named. */
export async function list(name: string | undefined, { json = false, root: named }: ListOptions): Promise<void> {
  const root = findProject(named);
  const useCases = await builtUseCases(root, name === undefined ? [] : [name]);
  if (name !== undefined) {
    const page = (await readFile(join(root, "generated", name, "README.md"), "utf8")).trim();
    if (json) sayJson({ ok: true, useCase: useCases[0], page });
    else say(page);
    return;
  }
  const found = useCases.map(({ name, doc, file, owner, event, settings, feeds }) => ({
    ...{ name, doc, file, owner, event: event.name, version: event.version },
    subscribers: settings.subscribers.map((subscriber) => subscriber.name),
    feeds,
  }));
  if (json) return sayJson({ ok: true, useCases: found });
  const { bold, dim } = colorsOf(process.stdout);
  const width = Math.max(0, ...found.map((one) => one.name.length));
  for (const { name, doc, owner, event, version, feeds } of found) {
    const flow = feeds.length > 0 ? `, enqueues to ${feeds.join(", ")}` : "";
    say(`${bold(name.padEnd(width))}  ${event} v${version}, ${owner}${flow}${doc ? dim(`  ${firstLine(doc)}`) : ""}`);
  }
}

const firstLine = (text: string) => text.split("\n", 1)[0];
