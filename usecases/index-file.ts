import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { extname } from "node:path";
import { exponential, RejectError, type Text, type Uint, useCase } from "fivefold";
import { appendToOutbox } from "./outbox.ts";

/** A file was found that the search index does not know in this state. */
export interface FileFound {
  /** Where the file is, relative to the folder that the indexer runs in. */
  path: Text<{ minLength: 1; maxLength: 4096 }>;
  sizeBytes: Uint;
  modifiedAt: Date;
  /** The folder that it was found under; crawls of several roots share the workers evenly. */
  root: string;
}

/** Larger files are hashed, and not read as text. */
const LARGEST_TEXT_BYTES = 1_000_000;

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

export default useCase<FileFound>({
  owner: "team-search",
  flowControl: { maxInFlight: 32, fairBy: "root" },
  delivery: { retry: { max: 5, backoff: exponential("200ms", "30s") }, deadline: "1h" },
  execution: { timeout: "60s", scale: { min: 1, max: 20 } },
  handler: async (file, task) => {
    const hash = createHash("sha256");
    const type = extname(file.path).slice(1).toLowerCase() || "none";
    let lines = 0;
    let words = 0;
    let isText = file.sizeBytes <= LARGEST_TEXT_BYTES;
    try {
      for await (const chunk of createReadStream(file.path, { signal: task.signal })) {
        hash.update(chunk);
        // A zero byte is how git tells binary files, too.
        isText &&= !chunk.includes(0);
        if (isText) {
          const text = chunk.toString("utf8");
          lines += text.split("\n").length - 1;
          words += text.split(/\s+/).length - 1;
        }
      }
    } catch (error) {
      if (isMissing(error)) throw new RejectError(`'${file.path}' is gone`);
      throw error;
    }
    const statistics = isText ? { lines, words } : {};
    appendToOutbox("index.jsonl", {
      path: file.path,
      sizeBytes: file.sizeBytes,
      hash: hash.digest("hex"),
      type,
      ...statistics,
    });
  },
});
