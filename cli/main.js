#!/usr/bin/env node
// JavaScript, which an old Node can read too, up to being told what it lacks; and for which a new one need not load what
// strips types, in 50 ms: all else is in the cache of compiled code.
import module from "node:module";
import v8 from "node:v8";

if (process.features.typescript) {
  const [command, ...options] = process.argv.slice(2);
  if (command === "build" && !options.includes("--watch")) {
    // It is soon over. V8's slowest compiler takes a fifth of its CPU, and pays in processes that last; and the next one
    // is told of each function from its first call on, which saves an eighth. Set before there is a cache: it keeps apart
    // what was compiled under other flags, and takes none of it.
    v8.setFlagsFromString("--no-opt");
    v8.setFlagsFromString("--no-lazy-feedback-allocation");
  }
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
