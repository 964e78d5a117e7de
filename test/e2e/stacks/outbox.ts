import { open } from "node:fs/promises";
import { join } from "node:path";

/** What the example handlers have written, each file read on from where it was read before. */
export interface Outbox {
  /** All lines so far of a file, none if it is not there yet. */
  lines<Line>(file: string): Promise<readonly Line[]>;
}

export function createOutbox(folder: string): Outbox {
  const files = new Map<string, { lines: unknown[]; offset: number; rest: string }>();
  return {
    async lines<Line>(file: string) {
      const read = files.get(file) ?? { lines: [], offset: 0, rest: "" };
      files.set(file, read);
      const handle = await open(join(folder, file)).catch(() => undefined);
      if (!handle) return [];
      try {
        const { size } = await handle.stat();
        const bytes = Buffer.alloc(size - read.offset);
        await handle.read(bytes, 0, bytes.length, read.offset);
        read.offset = size;
        const parts = (read.rest + bytes.toString("latin1")).split("\n");
        read.rest = parts.pop() as string;
        for (const part of parts) read.lines.push(JSON.parse(Buffer.from(part, "latin1").toString()));
        return read.lines as Line[];
      } finally {
        await handle.close();
      }
    },
  };
}
