import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { copyForPacking } from "../copy-for-packing.ts";
import { type ImageLayer, imageLayer, writeImage } from "../parts/oci-image.ts";

/** A user's project from an empty folder, made by the commands that README.md and docs/deploy.md show. */
export interface ShopProject {
  readonly root: string;
  /** Runs a command of the project's; throws what it prints where it fails. */
  run(command: string, ...args: readonly string[]): string;
  write(path: string, text: string): void;
  /** Stages the executors and makes an image of them. Resolves with its archive. */
  image(name: string, change?: (folder: string) => void): Promise<string>;
  remove(): void;
}

/** Installs the package from its tarball. */
export function createShopProject(): ShopProject {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-shop-"));
  const [root, packed] = [join(folder, "shop"), join(folder, "packed")];
  mkdirSync(root);
  mkdirSync(packed);
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`, NO_COLOR: "1" };
  const runIn = (cwd: string, command: string, args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
    return stdout;
  };
  copyForPacking(packed);
  const [{ filename }] = JSON.parse(runIn(packed, "npm", ["pack", "--json"])) as [{ filename: string }];
  const run: ShopProject["run"] = (command, ...args) => runIn(root, command, args);
  run("npm", "init", "-y");
  run("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", join(packed, filename));
  // It makes the package one of modules, with a tsconfig; what it is about is written by tests.
  run("npx", "fivefold", "new", "greet");
  rmSync(join(root, "usecases", "greet.ts"));
  const wanted = ["@pulumi/pulumi@3.259.0", "@pulumi/kubernetes@4.34.2", "@grafana/grafana-foundation-sdk@0.0.21"];
  run("npm", "install", "--save-dev", "--no-audit", "--no-fund", "--prefer-offline", ...wanted);

  let base: Promise<ImageLayer> | undefined;
  let images = 0;
  return {
    root,
    run,
    write(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    async image(name, change = () => {}) {
      base ??= nodeLayer(folder);
      const rootfs = join(folder, `image-${++images}`);
      mkdirSync(rootfs);
      run("npx", "fivefold", "stage", join(rootfs, "executor"));
      change(join(rootfs, "executor"));
      const layers = [await base, await imageLayer(rootfs, `${rootfs}.tar`)];
      const archive = join(folder, `${images}.oci.tar`);
      const recipe = readFileSync(join(root, "Dockerfile"), "utf8");
      const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(recipe)?.[1] ?? "[]") as string[];
      await writeImage(archive, name, layers, { entrypoint, workingDirectory: "/executor", user: "10001:10001" });
      return archive;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Node.js with the libraries that it loads: what `node:24-slim` would hold, from no registry. */
function nodeLayer(folder: string): Promise<ImageLayer> {
  const rootfs = join(folder, "node");
  const { stdout } = spawnSync("ldd", [process.execPath], { encoding: "utf8" });
  const libraries = stdout.match(/\/\S+/g) ?? [];
  for (const [from, to] of [[process.execPath, "/bin/node"], ...libraries.map((path) => [path, path])] as [
    string,
    string,
  ][]) {
    mkdirSync(dirname(join(rootfs, to)), { recursive: true });
    copyFileSync(from, join(rootfs, to));
  }
  mkdirSync(join(rootfs, "tmp"));
  return imageLayer(rootfs, `${rootfs}.tar`);
}
