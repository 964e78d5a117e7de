import { appendFileSync } from "node:fs";
import { useCase } from "fivefold";

/** What a handler does to its process. */
export interface Deed {
  id: string;
  deed: "exits" | "uses up the memory" | "works" | "works for long";
}

const tell = (line: string) => appendFileSync(process.env.HANDLED_FILE!, `${line}\n`);

export default useCase<Deed>({
  owner: "team-tests",
  handler: async ({ id, deed }) => {
    tell(`start ${id} ${process.pid}`);
    if (deed === "exits") process.exit(7);
    const kept: unknown[] = [];
    while (deed === "uses up the memory") kept.push(new Array(1_000).fill(kept.length));
    await new Promise((resolve) => setTimeout(resolve, deed === "works" ? 100 : 2_000));
    tell(`done ${id} ${process.pid}`);
  },
});
