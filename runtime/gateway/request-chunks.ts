import type { IncomingMessage } from "node:http";

/** A request's body, piece by piece, as fast as it is asked for. */
export interface RequestChunks {
  /** `undefined`: that was all, or it was broken off. Rejects where the connection ended before the body did. */
  next(): Promise<Buffer | undefined>;
  /** Nothing more is read. */
  breakOff(): void;
}

/** Unlike a request's own iterator, it leaves the connection open where it is broken off, for the answer. */
export function chunksOf(request: IncomingMessage): RequestChunks {
  let isOver = false;
  let isCutOff = false;
  let wake = () => {};
  const end = () => {
    isOver = true;
    wake();
  };
  const close = () => {
    isCutOff = !request.readableEnded;
    end();
  };
  request
    .on("readable", () => wake())
    .on("end", end)
    .on("close", close)
    .on("error", close);
  return {
    async next() {
      for (;;) {
        const chunk = isOver ? null : (request.read() as Buffer | null);
        if (chunk !== null) return chunk;
        if (isCutOff) throw new Error("the connection ended before the body did");
        if (isOver) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    breakOff: end,
  };
}
