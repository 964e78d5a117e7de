import { expect, test } from "vitest";
import { createProject } from "./project.ts";

const USE_CASE = `import { useCase } from "fivefold";

export interface BooksClosed {
  at: Date;
}

export default useCase<BooksClosed>({
  owner: "team-ledger",
  scheduler: {
    schedules: {
      yearly: { cron: "0 0 1 1 *", timeZone: "Asia/Tokyo", missed: "skip", event: ({ at }) => ({ at }) },
      often: { every: "1s", event: ({ at }) => ({ at }) },
    },
  },
  handler: () => {},
});
`;

test("schedules lists what comes next, and pages name them", async () => {
  const project = await createProject();
  await project.fivefold("new", "greet");
  await project.write("usecases/close-books.ts", USE_CASE);
  expect((await project.fivefold("build")).stderr).toBe("");
  const list = await project.fivefold("schedules", "--count", "1");
  expect(list.stdout).toMatch(
    /^close-books often {2}every 1s\n {2}20\S+Z\nclose-books yearly {2}at 0 0 1 1 \* in Asia\/Tokyo/,
  );
  expect(list.stdout).toMatch(/-12-31T15:00:00.000Z {2}\S+, 1 January 20\d\d at 00:00:00/);
  const json = JSON.parse((await project.fivefold("schedules", "close-books", "--json", "--count", "2")).stdout);
  expect(json.schedules).toMatchObject([
    {
      useCase: "close-books",
      schedule: "often",
      everyMs: 1_000,
      missed: 1,
      next: [expect.any(String), expect.any(String)],
    },
    { schedule: "yearly", cron: "0 0 1 1 *", timeZone: "Asia/Tokyo", missed: 0 },
  ]);
  expect((await project.fivefold("schedules", "--count", "0")).stderr).toContain("--count takes a whole number");
  expect((await project.fivefold("schedules", "close-book")).stderr).toContain("There is no use case 'close-book'");
  expect(await project.read("generated/close-books/README.md")).toContain("enqueues one itself every 1s, as `often`");
  expect(await project.read("generated/CATALOGUE.md")).toContain("scheduled as `yearly`, `often`");
});
