import { z } from "zod";

/** A tool that an agent may call, and the command of `fivefold` that answers. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  /** What it changes: generated files, or what runs. Absent: nothing. */
  readonly writes?: "files" | "stores";
  command(values: Record<string, unknown>): Command;
}

interface Command {
  /** The command and its options. */
  readonly words: readonly string[];
  /** Its arguments, which are no options whatever they begin with. */
  readonly places?: readonly (string | undefined)[];
  /** What the command reads from its standard input. */
  readonly stdin?: string;
}

function tool<I extends z.ZodObject>(
  facts: Omit<Tool, "input" | "command"> & { input: I; command(values: z.infer<I>): Command },
): Tool {
  return facts as unknown as Tool;
}

/** `--name=value`, for a value may begin with a dash; nothing where there is none. */
function option(name: string, value: string | number | boolean | undefined): string[] {
  if (value === undefined || value === false) return [];
  return [value === true ? `--${name}` : `--${name}=${value}`];
}

const useCase = z.string().describe("a use case's name, as list_use_cases has it");
const place = z.string().describe("'use-case', or 'use-case/subscriber' where it has several");
const letters = {
  place,
  id: z.string().optional().describe("only this task"),
  signature: z.string().optional().describe("only those of one cause, as list_dead_letters tells them apart"),
  limit: z.int().min(1).max(1_000).optional().describe("at most so many"),
};
const lettersOf = ({ id, signature, limit }: z.infer<z.ZodObject<typeof letters>>) => [
  ...option("id", id),
  ...option("signature", signature),
  ...option("limit", limit),
];

/** In the order in which an agent meets them. */
export const TOOLS: readonly Tool[] = [
  tool({
    name: "read_docs",
    title: "Read the documentation",
    description: "A page of Fivefold's documentation, in Markdown. Without a page: what there is to read.",
    input: z.object({ page: z.string().optional().describe("'types', 'settings', 'handlers' …") }),
    command: ({ page }) => ({ words: ["docs"], places: [page] }),
  }),
  tool({
    name: "list_use_cases",
    title: "List the use cases",
    description: "All use cases as they were built: event, owner, subscribers, and what each enqueues to.",
    input: z.object({}),
    command: () => ({ words: ["list"] }),
  }),
  tool({
    name: "describe_use_case",
    title: "Describe a use case",
    description: "A use case's own page: its event's fields with their rules, its settings, and how to enqueue to it.",
    input: z.object({ useCase }),
    command: (values) => ({ words: ["list"], places: [values.useCase] }),
  }),
  tool({
    name: "check",
    title: "Check the use cases",
    description:
      "Compiles without writing. Each diagnostic has its place, a code, what was found, and the fix. Stale outputs are told.",
    input: z.object({}),
    command: () => ({ words: ["build", "--check"] }),
  }),
  tool({
    name: "explain",
    title: "Explain a code",
    description: "The page of a diagnostic's or a run-time error's code, with an example. Without one: all codes.",
    input: z.object({ code: z.string().optional() }),
    command: ({ code }) => ({ words: ["explain"], places: [code] }),
  }),
  tool({
    name: "build",
    title: "Build",
    description: "Compiles and writes generated/ and contracts.lock.json, which nobody edits by hand.",
    input: z.object({}),
    writes: "files",
    command: () => ({ words: ["build"] }),
  }),
  tool({
    name: "diff",
    title: "Tell what changes for whom",
    description: "Compares the use cases with a commit: breaking changes, and in which order to deploy.",
    input: z.object({
      against: z.string().optional().describe("a commit, branch or tag; default: where the branch left main"),
    }),
    command: ({ against }) => ({ words: ["diff", ...option("against", against)] }),
  }),
  tool({
    name: "why",
    title: "Why does nothing run?",
    description:
      "For each subscriber: what keeps its tasks from running, or what holds their rate where it is; for a task's id, where that task is.",
    input: z.object({ place: place.optional() }),
    command: (values) => ({ words: ["why"], places: [values.place] }),
  }),
  tool({
    name: "status",
    title: "Show what waits and which limits hold",
    description: "For each subscriber: backlog, delayed tasks, pauses, and limits that were set by hand.",
    input: z.object({ place: place.optional() }),
    command: (values) => ({ words: ["status"], places: [values.place] }),
  }),
  tool({
    name: "list_dead_letters",
    title: "Count tasks that were given up",
    description: "Tasks that were given up, counted by their cause.",
    input: z.object({ place: place.optional() }),
    command: (values) => ({ words: ["dead-letters", "list"], places: [values.place] }),
  }),
  tool({
    name: "show_dead_letters",
    title: "Show tasks that were given up",
    description: "Tasks that were given up: event, error and tries of each. 10 unless a limit says otherwise.",
    input: z.object(letters),
    command: (values) => ({ words: ["dead-letters", "show", ...lettersOf(values)], places: [values.place] }),
  }),
  tool({
    name: "enqueue",
    title: "Enqueue an event",
    description:
      "Enqueues an event, checked by its type's rules, where the environment says: by default as `fivefold dev` runs it.",
    input: z.object({
      useCase,
      event: z.json().describe("the event, as describe_use_case shows it"),
      delay: z.string().optional().describe("no handler runs it earlier: 30s, 5m, 2h"),
    }),
    writes: "stores",
    command: ({ useCase: name, event, delay }) => ({
      words: ["enqueue", ...option("delay", delay)],
      places: [name, "-"],
      stdin: JSON.stringify(event),
    }),
  }),
  tool({
    name: "pause",
    title: "Pause a subscriber",
    description: "Starts no more of its tasks, in all processes, until it is resumed. Events are still taken.",
    input: z.object({ place, why: z.string().describe("shown to people by `fivefold status`") }),
    writes: "stores",
    command: (values) => ({ words: ["pause", ...option("why", values.why)], places: [values.place] }),
  }),
  tool({
    name: "resume",
    title: "Resume a subscriber",
    description: "Lets a paused subscriber's tasks start again.",
    input: z.object({ place }),
    writes: "stores",
    command: (values) => ({ words: ["resume"], places: [values.place] }),
  }),
  tool({
    name: "redrive_dead_letters",
    title: "Redrive tasks that were given up",
    description: "Hands them to their subscriber again, with all tries. Try it with dryRun first.",
    input: z.object({ ...letters, dryRun: z.boolean().describe("change nothing, and tell how many there are") }),
    writes: "stores",
    command: (values) => ({
      words: ["dead-letters", "redrive", ...option("dry-run", values.dryRun), ...lettersOf(values)],
      places: [values.place],
    }),
  }),
];
