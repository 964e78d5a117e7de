#!/usr/bin/env node
import module from "node:module";

// Before anything is loaded: what the rest imports may already be a syntax error to an old Node.
if (process.features.typescript) {
  // The compiler is 10 MB of JavaScript: compiled once, it loads in half the time.
  module.enableCompileCache?.();
  const { run } = await import("./program.ts");
  await run(process.argv);
} else {
  process.stderr.write(
    `fivefold needs Node 22.18 or newer, which runs TypeScript files as they are; this is Node ${process.version}.\n`,
  );
  process.exitCode = 3;
}
