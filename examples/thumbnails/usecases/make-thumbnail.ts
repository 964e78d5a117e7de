import { readFile, rename, writeFile } from "node:fs/promises";
import { exponential, RejectError, type Text, type Uint, useCase } from "fivefold";
import { halve, readImage, writeImage } from "../src/image.ts";

/** An image was uploaded, and needs a thumbnail. */
export interface ImageUploaded {
  imageId: Text<{ maxLength: 64 }>;
  /** Where the image is. */
  source: Text<{ minLength: 1; maxLength: 1000 }>;
  /** Where the thumbnail goes. */
  thumbnail: Text<{ minLength: 1; maxLength: 1000 }>;
  /** In pixels; the thumbnail is no wider and no higher. */
  maxSize: Uint<{ min: 16; max: 1024 }>;
}

export default useCase<ImageUploaded>({
  owner: "team-media",
  // An upload that is reported twice is one thumbnail.
  frontend: { dedupeBy: "imageId", dedupeFor: "1d" },
  flowControl: { maxInFlight: 4 },
  delivery: { retry: { max: 4, backoff: exponential("1s", "1m") } },
  execution: { timeout: "30s" },
  handler: async ({ source, thumbnail, maxSize }, task) => {
    // A file that is missing throws, which means: try again later.
    let image = readImage(await readFile(source, { signal: task.signal }));
    if (!image) throw new RejectError(`${source} is no PPM image`);
    while (image.width > maxSize || image.height > maxSize) image = halve(image);
    // A task may run twice, so the thumbnail appears in one step.
    await writeFile(`${thumbnail}.${task.id}`, writeImage(image), { signal: task.signal });
    await rename(`${thumbnail}.${task.id}`, thumbnail);
  },
});
