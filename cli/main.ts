#!/usr/bin/env node
// Before anything is loaded: what the rest imports may already be a syntax error to an old Node.
if (process.features.typescript) {
  const { run } = await import("./program.ts");
  await run(process.argv);
} else {
  process.stderr.write(
    `fivefold needs Node 22.18 or newer, which runs TypeScript files as they are; this is Node ${process.version}.\n`,
  );
  process.exitCode = 3;
}

// Makes this file a module to TypeScript: top-level await needs one.
export {};
