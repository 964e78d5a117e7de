import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { testUseCase } from "fivefold/testing";
import { executor } from "../generated/make-thumbnail/executor.ts";
import { readImage, writeImage } from "../src/image.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "thumbnails-"));
});
afterEach(() => rm(folder, { recursive: true }));

const upload = (imageId: string) => ({
  imageId,
  source: join(folder, `${imageId}.ppm`),
  thumbnail: join(folder, `${imageId}-small.ppm`),
  maxSize: 64,
});
const photo = writeImage({ width: 200, height: 100, pixels: new Uint8Array(200 * 100 * 3).fill(120) });

test("an image becomes a thumbnail that fits", async () => {
  await using t = await testUseCase(executor);
  const event = upload("photo");
  await writeFile(event.source, photo);
  await t.enqueue(event);
  const small = readImage(await readFile(event.thumbnail));
  assert.deepEqual([small?.width, small?.height], [50, 25]);
  assert.equal(small?.pixels[0], 120);
});

test("an upload that is reported twice is one task", async () => {
  await using t = await testUseCase(executor);
  const event = upload("photo");
  await writeFile(event.source, photo);
  await t.enqueue(event);
  assert.equal((await t.enqueue(event)).duplicate, true);
  assert.equal(t.handled.length, 1);
});

test("a file that arrives late is found by a retry", async () => {
  await using t = await testUseCase(executor);
  const event = upload("late");
  await t.enqueue(event);
  assert.equal(t.tries[0]?.result, "retried");
  await writeFile(event.source, photo);
  await t.pass("1m");
  assert.equal(t.handled[0]?.attempt, 2);
});

test("a file that never arrives is given up after five tries", async () => {
  await using t = await testUseCase(executor);
  await t.enqueue(upload("never"));
  await t.pass("1h");
  assert.equal(t.tries.length, 5);
  assert.equal(t.deadLetters[0]?.reason, "attempts");
});

test("a file that is no image is given up at once", async () => {
  await using t = await testUseCase(executor);
  const event = upload("text");
  await writeFile(event.source, "GIF89a is another format");
  await t.enqueue(event);
  assert.equal(t.tries.length, 1);
  assert.equal(t.deadLetters[0]?.reason, "rejected");
  assert.match(t.deadLetters[0]?.message ?? "", /is no PPM image/);
});
