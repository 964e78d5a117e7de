/* Uploads three images, and something that is none. */
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { makeThumbnail } from "../generated/make-thumbnail/client.ts";
import { writeImage } from "./image.ts";

mkdirSync("out", { recursive: true });
for (const [name, size] of Object.entries({ icon: 32, photo: 640, poster: 1200 })) {
  writeFileSync(`out/${name}.ppm`, writeImage({ width: size, height: size, pixels: new Uint8Array(size * size * 3) }));
}
writeFileSync("out/notes.ppm", "not an image");
for (const imageId of ["icon", "photo", "poster", "notes"]) {
  await makeThumbnail.enqueue({
    imageId,
    source: resolve(`out/${imageId}.ppm`),
    thumbnail: resolve(`out/${imageId}-small.ppm`),
    maxSize: 128,
  });
}
console.log("4 images are enqueued");
