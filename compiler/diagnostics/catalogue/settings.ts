import { anyOf, error, warning } from "./entry.ts";

const BATCH_MISMATCH = {
  handler: {
    found: (path: string) => `sets '${path}', and has a \`handler\`, which takes one event at a time.`,
    fix: () => "Write `batchHandler: async (events, tasks) => { … }` in its place, or remove `batch`.",
  },
  both: {
    found: () => "has both a `handler` and a `batchHandler`.",
    fix: () => "Keep the `batchHandler`, with `batch`, or the `handler`, without.",
  },
  "no batch": {
    found: (path: string) => `has a \`batchHandler\`, and no '${path}' says how many events it takes at once.`,
    fix: (path: string) =>
      path === "execution.batch"
        ? 'Add `execution: { batch: { max: 100, within: "200ms" } }`.'
        : 'Add `batch: { max: 100, within: "200ms" }` beside it.',
  },
  target: {
    found: (path: string) => `sets '${path}', and its tasks are sent elsewhere, one by one.`,
    fix: () => "Remove `batch`, or handle the tasks here by a `batchHandler`.",
  },
  subscribers: {
    found: (path: string) => `sets '${path}' for subscribers, whose handlers differ in how many events they take.`,
    fix: () => "Move it to the subscriber that has a `batchHandler`: `subscribers: { name: { batch, batchHandler } }`.",
  },
};

/** Faults of what is passed to `useCase`. */
export const SETTINGS = {
  "unbounded-loop": warning<{ way: string }>(
    ({ way }) =>
      `Use cases feed each other in a circle: ${way}. Nothing on the way waits or is bounded, so one event may create tasks forever.`,
    () => "Enqueue with a `delay`, or set `flowControl.rate` or `frontend.dedupeBy` of one of them.",
  ),
  "setting-not-constant": error<{ reason: string }>(
    ({ reason }) =>
      `This is not a constant: ${reason}. The compiler evaluates settings itself, and never runs a use case module.`,
    () => "Write a literal, or a `const` made of literals, operators, spreads and fivefold's own functions.",
  ),
  "unknown-setting": error<{
    name: string;
    inside: string;
    known: readonly string[];
    near: string | undefined;
    home: string | undefined;
  }>(
    ({ name, inside, known }) => `'${name}' is no setting of ${inside}. It knows ${known.join(", ")}.`,
    ({ near, home }) => (near ? `Write '${near}'.` : home ? `Move it into '${home}'.` : "Remove it."),
    ({ near }) => near,
  ),
  "missing-setting": error<{ name: string; inside: string; example: string }>(
    ({ name, inside }) => `'${name}' is missing. ${inside} has no default for it.`,
    ({ example }) => `Add \`${example}\`.`,
  ),
  "wrong-setting": error<{ path: string; expected: string; found: string; example: string }>(
    ({ path, expected, found }) => `'${path}' is ${found}. It must be ${expected}.`,
    ({ example }) => `Write it like \`${example}\`.`,
  ),
  "setting-out-of-range": error<{ path: string; found: string; range: string }>(
    ({ path, found, range }) => `'${path}' is ${found}. It must be ${range}.`,
    ({ range }) => `Choose ${range}.`,
  ),
  "bad-duration": error<{ path: string; found: string }>(
    ({ path, found }) => `'${path}' is "${found}", which is not a duration: a number, then ms, s, m, h or d.`,
    () => 'Write it like "250ms", "30s", "15m", "1.5h" or "30d".',
  ),
  "bad-schedule": error<{ path: string; found: string }>(
    ({ path, found }) =>
      `'${path}' ${found}: a schedule ticks as a \`cron\` says in its time zone, or \`every\` so often.`,
    () => 'Write `cron: "0 3 * * *", timeZone: "Europe/Berlin"`, or `every: "30s"`.',
  ),
  "bad-schedule-name": error<{ path: string; name: string; longest: number }>(
    ({ path, name, longest }) =>
      `'${path}' names a schedule '${name}'. It must be at most ${longest} lower-case letters, digits and single hyphens.`,
    () => "Rename it, for example to 'nightly' or 'every-minute'.",
  ),
  "bad-cron": error<{ path: string; found: string; reason: string }>(
    ({ path, found, reason }) => `'${path}' is "${found}", which is not a usable cron expression: ${reason}.`,
    () =>
      "Write minute, hour, day of the month, month and day of the week, seconds before them where you need them: " +
      '"0 3 * * *", "*/5 9-17 * * MON-FRI".',
  ),
  "unknown-time-zone": error<{ path: string; found: string; near: string | undefined }>(
    ({ path, found }) => `'${path}' is "${found}", which is not the IANA name of a time zone.`,
    ({ near }) => (near ? `Write "${near}".` : 'Write it like "Europe/Berlin" or "UTC".'),
    ({ near }) => (near ? JSON.stringify(near) : undefined),
  ),
  "bad-key-field": error<{ path: string; name: string; reason: string; usable: readonly string[] }>(
    ({ path, name, reason }) =>
      `'${path}' names '${name}', ${reason}. It must name a required field that is a string, number, bigint or boolean.`,
    ({ usable }) =>
      usable.length > 0 ? `Choose ${anyOf(usable)}.` : "Give the event a required field that can be a key.",
    ({ usable }) => (usable.length === 1 ? JSON.stringify(usable[0]) : undefined),
  ),
  "bad-column": error<{ column: string; found: string }>(
    ({ column, found }) =>
      `The column '${column}' is declared as ${found}, and no column can be read as that. It must be string, number, bigint, ` +
      "boolean, Date, Uint8Array, Json, or a list of one of them, and may be null too.",
    ({ column }) =>
      `Declare \`${column}: string\`, which is what PostgreSQL writes of any type, and convert it in the function.`,
  ),
  "missing-handler": error<{ inside: string }>(
    ({ inside }) => `${inside} has no handler, so nothing would handle its events.`,
    () =>
      "Add `handler: async (event, task) => { … }`; a use case may have `subscribers: { name: { handler } }` instead, " +
      'and tasks may be sent elsewhere: `delivery: { target: service("thumbnails") }`.',
  ),
  "handler-and-target": error<{ inside: string; other: string }>(
    ({ inside, other }) => `${inside} has both a target and ${other}: its tasks are handled here, or sent elsewhere.`,
    ({ other }) =>
      other === "a handler"
        ? "Keep one of the two. To do both with every event, declare two subscribers: " +
          '`subscribers: { here: { handler }, there: { target: service("thumbnails") } }`.'
        : 'Set the target of the subscriber that needs it: `subscribers: { there: { target: service("thumbnails") } }`.',
  ),
  "handler-and-subscribers": error<Record<never, never>>(
    () => "The use case has both a handler and subscribers. `handler` is short for one subscriber named 'default'.",
    () => "Keep one of the two: move the handler into `subscribers: { default: { handler }, … }`, or remove it.",
  ),
  "batch-mismatch": error<{
    inside: string;
    path: string;
    has: "handler" | "both" | "no batch" | "target" | "subscribers";
  }>(
    ({ inside, path, has }) => `${inside} ${BATCH_MISMATCH[has].found(path)}`,
    ({ path, has }) => BATCH_MISMATCH[has].fix(path),
  ),
  "batch-above-in-flight": error<{ max: number; setting: string; most: number; isDefault: boolean }>(
    ({ max, setting, most, isDefault }) =>
      `A batch is to have up to ${max} events, and at most ${most} are in flight ` +
      `${setting === "maxInFlight" ? "in a process" : "over all processes"}` +
      `${isDefault ? ", which is the default" : ""}: none would ever be full.`,
    ({ max, setting, most, isDefault }) =>
      isDefault
        ? `Set \`flowControl: { ${setting}: ${2 * max} }\`, so that one batch gathers while another is handled.`
        : `Set \`flowControl.${setting}\` to ${max} or more, or \`batch.max\` to ${most} or less.`,
  ),
  "bad-subscriber-name": error<{ name: string; rule: string; suggestion: string }>(
    ({ name, rule }) => `The subscriber's name '${name}' ${rule}.`,
    ({ suggestion }) => `Rename it, for example to '${suggestion}'.`,
    ({ suggestion }) => JSON.stringify(suggestion),
  ),
  "setting-without-effect": error<{ path: string; reason: string; fix: string }>(
    ({ path, reason }) => `'${path}' has no effect: ${reason}.`,
    ({ fix }) => fix,
  ),
  "payload-above-limit": error<{
    event: string;
    size: string;
    limit: string;
    field: string;
    fieldSize: string;
    fitting: string | undefined;
    isSet: boolean;
  }>(
    ({ event, size, limit, field, fieldSize }) =>
      `An event within the bounds of ${event} can take up to ${size}, most of it in '${field}' (up to ${fieldSize}); ` +
      `enqueue refuses what takes more than ${limit}.`,
    ({ field, fitting }) =>
      fitting
        ? `Set \`frontend.maxPayload\` to "${fitting}", or lower the bounds of '${field}'.`
        : `Lower the bounds of '${field}': not every transport takes more than 3.5MiB. Send large data to a store, and its address here.`,
    ({ fitting, isSet }) => (isSet && fitting ? JSON.stringify(fitting) : undefined),
  ),
  "backoff-reversed": error<{ min: string; max: string }>(
    ({ min, max }) => `The backoff starts at ${min}, above its longest wait of ${max}.`,
    ({ min, max }) => `Write \`exponential("${max}", "${min}")\`, the shorter wait first.`,
    ({ min, max }) => `exponential("${max}", "${min}")`,
  ),
  "scale-reversed": error<{ min: number; max: number; isDefault: boolean }>(
    ({ min, max, isDefault }) =>
      `At least ${min} processes are asked for, and at most ${max}${isDefault ? ", which is the default" : ""}.`,
    ({ min, isDefault }) =>
      isDefault ? `Set \`scale.max\` to ${min} or more.` : "Write the smaller number as `min`, the larger as `max`.",
  ),
  "objective-below-cold-start": error<{ objective: string; coldStart: string }>(
    ({ objective, coldStart }) =>
      `Tasks are to be done within ${objective}, and without a process it takes up to ${coldStart} until the first one runs.`,
    ({ coldStart }) =>
      `Keep a process: set \`scale.min\` to 1. Or allow ${coldStart} and more with \`latencyObjective\`.`,
  ),
  "schedule-without-process": error<Record<never, never>>(
    () => "With `scale.min` 0 no process may be there at a tick, and nothing starts one: only tasks that wait do.",
    () => "Set `execution.scale.min` to 1, or leave it out.",
    () => "1",
  ),
  "filter-on-absent-field": warning<{ field: string }>(
    ({ field }) =>
      `The filter reads '${field}', which an event may lack, and nothing says what is to happen then: a comparison with ` +
      "what is absent is false, so that the event is settled without a handler.",
    ({ field }) =>
      `Say it: \`event.${field} !== undefined && …\`, or \`event.${field} ?? …\`; or make the field required.`,
  ),
  "subscriber-without-events": error<{ path: string }>(
    ({ path }) => `'${path}' is never true: the subscriber gets no event, and its handler never runs.`,
    () => "Let the filter depend on the event, or remove the subscriber.",
  ),
  "retries-beyond-deadline": error<{ retries: number; waits: string; deadline: string; fit: number }>(
    ({ retries, waits, deadline, fit }) =>
      `${retries} retries can't fit the deadline: on average the last starts ${waits} after the first try, and the ` +
      `deadline is ${deadline}. About ${fit} of them would ever run.`,
    ({ fit, waits }) => `Set \`retry.max\` to ${fit}, shorten the backoff, or raise the deadline above ${waits}.`,
    ({ fit }) => String(fit),
  ),
};
