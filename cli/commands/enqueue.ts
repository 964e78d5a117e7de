import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { EXIT, Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import type { Duration } from "../../runtime/authoring/use-case.ts";

import { projectClient } from "../project-client.ts";
import { builtUseCases, loadRuntime } from "../project-runtime.ts";
import { colorsOf, complain, count, say, sayJson } from "../terminal.ts";

export interface EnqueueCommandOptions {
  readonly file?: string;
  readonly lines?: boolean;
  readonly delay?: string;
  readonly at?: string;
  readonly data?: string;
  readonly json?: boolean;
  readonly root?: string;
}

/** `fivefold enqueue <use-case> [event]`: enqueues events as JSON, as another program of the project would. */
export async function enqueue(name: string, given: string | undefined, options: EnqueueCommandOptions): Promise<void> {
  const root = findProject(options.root);
  const [useCase] = await builtUseCases(root, [name]);
  const events = parseEvents(await readEvents(given, options), options);
  const when = { delay: options.delay as Duration | undefined, at: timeOf(options.at) };
  const { connect } = await loadRuntime(root);
  const client = await projectClient(root, useCase!.name);
  const data = options.data ?? process.env.FIVEFOLD_DATA;
  // As `dev` and the clients choose it, for they must meet in one folder.
  const { FIVEFOLD_PULSAR_URL, FIVEFOLD_TRANSPORT } = process.env;
  const transport = (options.data === undefined && FIVEFOLD_TRANSPORT) || undefined;
  const onPulsar = FIVEFOLD_PULSAR_URL && options.data === undefined && !transport;
  const folder = data ? resolve(data) : join(root, ".fivefold", "data");
  const connection = await connect(onPulsar ? {} : { data: folder, transport });
  try {
    const receipts = [];
    for (const event of events) receipts.push(await client.enqueueJson(event, when));
    if (options.json) sayJson({ ok: true, receipts });
    else show(name, receipts);
  } catch (error) {
    if ((error as Error).name !== "InvalidEventError" && (error as Error).name !== "FivefoldError") throw error;
    if (options.json) sayJson({ ok: false, error: (error as Error).message });
    else complain((error as Error).message);
    process.exitCode = EXIT.input;
  } finally {
    await connection.close();
  }
}

function show(name: string, receipts: readonly { readonly id: string; readonly duplicate: boolean }[]): void {
  const { bold, dim, green, yellow } = colorsOf(process.stdout);
  if (receipts.length !== 1) say(`${green("✓")} ${count(receipts.length, "event")} enqueued for ${bold(name)}`);
  for (const { id, duplicate } of receipts) {
    if (duplicate) say(`${yellow("=")} ${bold(name)} was enqueued before ${dim(id)}`);
    else if (receipts.length === 1) say(`${green("✓")} ${bold(name)} enqueued ${dim(id)}`);
  }
}

async function readEvents(given: string | undefined, { file }: EnqueueCommandOptions): Promise<string> {
  if (given !== undefined && file !== undefined) throw new Fault("usage", "Give an event or --file, not both.");
  if (file !== undefined && file !== "-") {
    return readFile(file, "utf8").catch((cause: Error) => {
      throw new Fault("usage", `${file} can't be read: ${cause.message}.`, { cause });
    });
  }
  if (given !== undefined && given !== "-") return given;
  if (given === undefined && file === undefined && process.stdin.isTTY) {
    throw new Fault("usage", "Give an event as JSON, --file <path>, or `-` for standard input.");
  }
  return textOf(process.stdin);
}

function parseEvents(text: string, { lines = false }: EnqueueCommandOptions): unknown[] {
  const parts = lines
    ? text.split(/\r?\n/).flatMap((line, i) => (line.trim() === "" ? [] : [{ line, i }]))
    : [{ line: text, i: -1 }];
  return parts.map(({ line, i }) => {
    try {
      return JSON.parse(line.replace(/^\uFEFF/, "")) as unknown;
    } catch (cause) {
      const where = i < 0 ? "The event" : `Line ${i + 1}`;
      throw new Fault("input", `${where} is no valid JSON: ${(cause as Error).message}. Nothing was enqueued.`, {
        cause,
      });
    }
  });
}

function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new Fault("usage", `--at takes a time like 2030-01-31T08:00:00Z; found '${text}'.`);
  return time;
}
