#!/usr/bin/env node
// JavaScript, which an old Node can read too, up to being told what it lacks; and for which a new one need not load what
// strips types, in 50 ms: all else is in the cache of compiled code.
import module from "node:module";

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
