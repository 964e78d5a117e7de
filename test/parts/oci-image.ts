import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool } from "./run-tool.ts";

/** One layer of a container image: an uncompressed archive, by its digest. */
export interface ImageLayer {
  readonly archive: string;
  readonly digest: string;
  readonly bytes: number;
}

export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly workingDirectory?: string;
  /** `uid:gid`. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Archives a folder as what an image has below its root. */
export async function imageLayer(folder: string, archive: string): Promise<ImageLayer> {
  const args = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-cf", archive, "-C", folder, "."];
  await runTool("tar", args, { cwd: folder, log: `${archive}.log`, patient: false });
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(archive)) hash.update(chunk as Buffer);
  return { archive, digest: `sha256:${hash.digest("hex")}`, bytes: (await stat(archive)).size };
}

/** Writes an image that `ctr images import` takes, as no registry is there to pull from. */
export async function writeImage(
  path: string,
  name: string,
  layers: readonly ImageLayer[],
  { entrypoint, workingDirectory = "/", user = "0:0", env = {} }: ImageConfig,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-image-"));
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, value: object) => {
    const text = JSON.stringify(value);
    const digest = createHash("sha256").update(text).digest("hex");
    await writeFile(join(blobs, digest), text);
    return { mediaType, digest: `sha256:${digest}`, size: text.length };
  };
  try {
    for (const { archive, digest } of layers) await copyFile(archive, join(blobs, digest.slice("sha256:".length)));
    const config = await put("application/vnd.oci.image.config.v1+json", {
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: {
        Entrypoint: entrypoint,
        WorkingDir: workingDirectory,
        User: user,
        Env: Object.entries({ PATH: "/bin", ...env }).map(([key, value]) => `${key}=${value}`),
      },
      rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    });
    const mediaType = "application/vnd.oci.image.layer.v1.tar";
    const manifest = await put("application/vnd.oci.image.manifest.v1+json", {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config,
      layers: layers.map(({ digest, bytes }) => ({ mediaType, digest, size: bytes })),
    });
    const annotations = { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": name };
    await writeFile(
      join(folder, "index.json"),
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
    );
    await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    await runTool("tar", ["-cf", path, "-C", folder, "."], { cwd: folder, log: `${path}.log`, patient: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
