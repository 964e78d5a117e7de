/** Reads, halves and writes images in the binary PPM format: a header of text, then three bytes a pixel. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Returns `undefined` where the bytes are no such image. */
export function readImage(bytes: Uint8Array): Image | undefined {
  const header = /^P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s/.exec(Buffer.from(bytes.subarray(0, 32)).toString("latin1"));
  if (!header) return undefined;
  const [width, height] = [Number(header[1]), Number(header[2])];
  const pixels = bytes.subarray(header[0].length);
  return width > 0 && height > 0 && pixels.length === width * height * 3 ? { width, height, pixels } : undefined;
}

export function writeImage({ width, height, pixels }: Image): Uint8Array {
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]);
}

/** Each pixel of the result is the mean of four. */
export function halve({ width, height, pixels }: Image): Image {
  const [halfWidth, halfHeight] = [Math.max(1, width >> 1), Math.max(1, height >> 1)];
  const half = new Uint8Array(halfWidth * halfHeight * 3);
  const at = (x: number, y: number, color: number) =>
    pixels[(Math.min(y, height - 1) * width + Math.min(x, width - 1)) * 3 + color] ?? 0;
  for (let y = 0; y < halfHeight; y++) {
    for (let x = 0; x < halfWidth; x++) {
      for (let color = 0; color < 3; color++) {
        const [left, top] = [2 * x, 2 * y];
        const sum =
          at(left, top, color) + at(left + 1, top, color) + at(left, top + 1, color) + at(left + 1, top + 1, color);
        half[(y * halfWidth + x) * 3 + color] = sum >> 2;
      }
    }
  }
  return { width: halfWidth, height: halfHeight, pixels: half };
}
