/** The frontend's random part, a count, and for a delayed task when it is due: what was delayed is found by it, without an index. */
const DELAYED = /^[0-9a-z]+-[0-9a-z]+-([0-9a-z]{1,11})$/;

/** An id of a task, due at that time in ms since the Unix epoch; 0: at once. */
export function taskId(prefix: string, count: number, dueAt: number): string {
  const id = `${prefix}-${count.toString(36)}`;
  return dueAt > 0 ? `${id}-${Math.ceil(dueAt).toString(36)}` : id;
}

/** When a task was due as it was enqueued, in ms since the Unix epoch; `undefined`: it was not delayed, or that is not known. */
export function dueAtOfTask(id: string): number | undefined {
  const [, due] = DELAYED.exec(id) ?? [];
  return due === undefined ? undefined : Number.parseInt(due, 36);
}
