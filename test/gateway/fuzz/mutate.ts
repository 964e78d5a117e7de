/** Draws whole numbers below a limit. */
export type Below = (limit: number) => number;

export const pick = <T>(below: Below, from: readonly T[]): T => from[below(from.length)]!;

const EVIL_TEXTS = [
  '"__proto__":{"polluted":1},',
  '"constructor":{"prototype":{"polluted":1}},',
  '"toString":null,',
  "1e999",
  "-0",
  "12345678901234567890123",
  "-9223372036854775809",
  '"\\ud800"',
  '"\\u0000"',
  "null",
  "true",
  "[]",
  "{}",
  '""',
  '"9999-99-99T99:99:99Z"',
  '"=="',
  "\u2028",
  "\ufeff",
  "NaN",
  "/*",
  ",",
  "\r\n",
];

/** Longest that some bodies become: a request of many has to take part in a million. */
const LONG = 30_000;

const MUTATIONS: readonly ((bytes: Buffer, below: Below) => Buffer)[] = [
  // A bit, a byte, several of them.
  (bytes, below) => {
    const copy = Buffer.from(bytes);
    for (let i = below(4); i >= 0 && copy.length > 0; i--) copy[below(copy.length)]! ^= 1 << below(8);
    return copy;
  },
  (bytes, below) => {
    const copy = Buffer.from(bytes);
    for (let i = below(8); i >= 0 && copy.length > 0; i--)
      copy[below(copy.length)] = pick(below, [0, 1, 0x7f, 0x80, 0xff]);
    return copy;
  },
  (bytes, below) => bytes.subarray(0, below(bytes.length + 1)),
  (bytes, below) => bytes.subarray(below(bytes.length + 1)),
  // A part that is there twice, or many times, or not at all.
  (bytes, below) => {
    const [from, to] = [below(bytes.length + 1), below(bytes.length + 1)].sort((a, b) => a - b) as [number, number];
    const times = pick(below, [0, 2, 3, Math.min(1_000, Math.floor(LONG / (to - from + 1)))]);
    return Buffer.concat([bytes.subarray(0, from), ...Array(times).fill(bytes.subarray(from, to)), bytes.subarray(to)]);
  },
  (bytes, below) => inserted(bytes, below, Buffer.from(pick(below, EVIL_TEXTS))),
  // What looks like the length of something enormous, in protobuf or Avro.
  (bytes, below) => inserted(bytes, below, Buffer.alloc(1 + below(10), pick(below, [0xff, 0x80, 0xfe]))),
  (bytes, below) => inserted(bytes, below, Buffer.from(Array.from({ length: 1 + below(20) }, () => below(256)))),
  (bytes, below) =>
    inserted(bytes, below, Buffer.from(pick(below, ["[", '{"a":', "\n", '"', "\u001f"]).repeat(below(LONG / 5)))),
  // A value in place of another.
  (bytes, below) => {
    const text = bytes.toString("latin1");
    const values = [...text.matchAll(/:("[^"]*"|[\d.]+|true|false|null|\[[^\]]*\])/g)];
    if (values.length === 0) return bytes;
    const { index, 0: found } = pick(below, values);
    const value = Buffer.from(pick(below, EVIL_TEXTS)).toString("latin1");
    return Buffer.from(`${text.slice(0, index + 1)}${value}${text.slice(index + found.length)}`, "latin1");
  },
];

function inserted(bytes: Buffer, below: Below, more: Buffer): Buffer {
  const at = below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

/** The bytes after one change, or a few. */
export function mutate(bytes: Buffer, below: Below): Buffer {
  let mutated = bytes;
  for (let i = below(3); i >= 0; i--) mutated = pick(below, MUTATIONS)(mutated, below);
  return mutated;
}
