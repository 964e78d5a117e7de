/** Cuts a stream of bytes into lines. */
export interface LineCutter {
  /** The lines that end within these bytes, without their ends. */
  cut(chunk: Buffer): Buffer[];
  /** What follows the last end of a line; `undefined`: nothing. */
  rest(): Buffer | undefined;
  /** Bytes that wait for the end of their line. */
  readonly waiting: number;
}

const LINE_FEED = 0x0a;

export function createLineCutter(): LineCutter {
  let parts: Buffer[] = [];
  let waiting = 0;

  function join(last: Buffer): Buffer {
    const line = parts.length === 0 ? last : Buffer.concat([...parts, last]);
    parts = [];
    waiting = 0;
    return line;
  }

  return {
    cut(chunk) {
      const lines: Buffer[] = [];
      let from = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
        lines.push(join(chunk.subarray(from, end)));
        from = end + 1;
      }
      if (from < chunk.length) {
        parts.push(chunk.subarray(from));
        waiting += chunk.length - from;
      }
      return lines;
    },
    rest: () => (waiting === 0 ? undefined : join(Buffer.alloc(0))),
    get waiting() {
      return waiting;
    },
  };
}
