import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { installPart } from "./part-cache.ts";

// A process of part-cache.test.ts: builds the part, but waits in the middle until the test lets it go on.
const [root, started] = process.argv.slice(2) as [string, string];
await installPart(
  {
    name: "tool",
    version: "1.0",
    takes: "a moment",
    async build(folder) {
      appendFileSync(started, `${process.pid}\n`);
      writeFileSync(join(folder, "program"), "half");
      while (!existsSync(join(root, "go-on"))) await sleep(20);
      writeFileSync(join(folder, "program"), `built by ${process.pid}`);
    },
  },
  root,
);
