/** A position in PostgreSQL's write-ahead log. Its text is not always padded, so positions are compared as numbers. */
export type Lsn = bigint;

/** `0/1E51718` */
export function parseLsn(text: string): Lsn {
  const [high = "", low = ""] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export function formatLsn(lsn: Lsn): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}
