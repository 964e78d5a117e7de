import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const PACKAGE = ["install", "-y", "--no-install-recommends", "chromium"];
const INSTALL_WITHIN_MS = 300_000;
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The Chromium that is here; `undefined`: there is none, and tests of pages are skipped. */
export function findChromium(): string | undefined {
  return [process.env.FIVEFOLD_CHROMIUM ?? "", ...PLACES].find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return path !== "";
    } catch {
      return false;
    }
  });
}

/** Installs Debian's Chromium where none is here and this may: 290 MB, under a minute. Says so where it can't. */
export function installChromium(): void {
  if (findChromium()) return;
  const options = {
    stdio: "ignore",
    timeout: INSTALL_WITHIN_MS,
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  } as const;
  if (process.getuid?.() === 0) {
    spawnSync("apt-get", ["update"], options);
    spawnSync("apt-get", PACKAGE, options);
  }
  if (findChromium()) return;
  const missing = `run \`apt-get ${PACKAGE.join(" ")}\`, or name one by FIVEFOLD_CHROMIUM`;
  process.stderr.write(`No Chromium is here, and tests of the console's pages are skipped: ${missing}.\n`);
}

/** Starts a real browser without a window. */
export async function startChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("No Chromium is here.");
  return await chromium.launch({ executablePath, args: ARGS });
}
