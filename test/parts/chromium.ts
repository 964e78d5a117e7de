import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function find(): string | undefined {
  return [process.env.FIVEFOLD_CHROMIUM ?? "", ...PLACES].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return path !== "";
    } catch {
      return false;
    }
  });
}

/** Debian's Chromium, installed where it is missing and this may: 290 MB, under a minute. */
export function installChromium(): string {
  const found = find();
  if (found) return found;
  const command = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"];
  const missing = `No Chromium is here: run \`${command.join(" ")}\`, or name one by FIVEFOLD_CHROMIUM.`;
  if (process.getuid?.() !== 0) throw new Error(missing);
  spawnSync("apt-get", ["update"], { stdio: "ignore" });
  execFileSync(command[0]!, command.slice(1), {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  const installed = find();
  if (!installed) throw new Error(missing);
  return installed;
}

/** Starts a real browser without a window. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: installChromium(), args: ARGS });
}
