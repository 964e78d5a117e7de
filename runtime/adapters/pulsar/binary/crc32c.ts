/** Castagnoli's polynomial, reflected. */
const POLYNOMIAL = 0x82f63b78;
const WIDTH = 16;

/** Row `n` has the remainders of a byte that `n` zero bytes follow, so that sixteen bytes are taken at a time. */
const TABLE = createTable();

function createTable(): Int32Array {
  const table = new Int32Array(256 * WIDTH);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    table[byte] = value;
  }
  for (let index = 256; index < table.length; index++) {
    const before = table[index - 256]!;
    table[index] = (before >>> 8) ^ table[before & 0xff]!;
  }
  return table;
}

/** The CRC-32C of bytes, which Pulsar puts before a message; `before` is that of what they follow. From 0 to 2^32 - 1. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const end = bytes.length;
  let crc = ~before;
  let at = 0;
  for (; at + WIDTH <= end; at += WIDTH) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      TABLE[0xf00 + (crc & 0xff)]! ^
      TABLE[0xe00 + ((crc >>> 8) & 0xff)]! ^
      TABLE[0xd00 + ((crc >>> 16) & 0xff)]! ^
      TABLE[0xc00 + (crc >>> 24)]! ^
      TABLE[0xb00 + bytes[at + 4]!]! ^
      TABLE[0xa00 + bytes[at + 5]!]! ^
      TABLE[0x900 + bytes[at + 6]!]! ^
      TABLE[0x800 + bytes[at + 7]!]! ^
      TABLE[0x700 + bytes[at + 8]!]! ^
      TABLE[0x600 + bytes[at + 9]!]! ^
      TABLE[0x500 + bytes[at + 10]!]! ^
      TABLE[0x400 + bytes[at + 11]!]! ^
      TABLE[0x300 + bytes[at + 12]!]! ^
      TABLE[0x200 + bytes[at + 13]!]! ^
      TABLE[0x100 + bytes[at + 14]!]! ^
      TABLE[bytes[at + 15]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}
