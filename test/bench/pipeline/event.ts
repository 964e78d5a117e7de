/** The event of these benchmarks: about 240 bytes as JSON. */
export interface Job {
  fileId: string;
  teamId: string;
  sizeBytes: number;
  kind: "image" | "video" | "document";
  uploadedAt: Date;
  path: string;
  labels: string[];
}

export function makeJob(number: number): Job {
  return {
    fileId: `file-${number}`,
    teamId: `team-${number % 100}`,
    sizeBytes: 1_000 + (number % 100_000),
    kind: "image",
    uploadedAt: new Date(1_790_000_000_000 + number),
    path: `/shared/projects/${number % 1_000}/renderings/final/version-${number % 10}/frame-${number}.png`,
    labels: ["render", "final"],
  };
}

export const TASKS = Number(process.env.BENCH_TASKS ?? 100_000);
/** Tasks of one bulk call. */
export const BULK = 500;
/** Single calls under way at once. */
export const CONCURRENT = 200;

/** Calls `each` for 0 to TASKS - 1, CONCURRENT at a time. */
export async function eachTask(each: (number: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: CONCURRENT }, async () => {
      while (next < TASKS) await each(next++);
    }),
  );
}

/** Calls `each` with the numbers of one bulk call after another, four calls at a time. */
export async function eachBulk(each: (numbers: number[]) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (next < TASKS) {
        const start = next;
        next += BULK;
        await each(Array.from({ length: Math.min(BULK, TASKS - start) }, (_, i) => start + i));
      }
    }),
  );
}
