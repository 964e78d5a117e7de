#!/usr/bin/env node
// JavaScript whose syntax every Node that knows modules can read, so that an old one says what it lacks: no top-level await.
if (process.features.typescript) {
  import("./program.ts").then(({ run }) => run(process.argv));
} else {
  process.stderr.write(
    `fivefold needs Node 22.18 or newer, which runs TypeScript files as they are; this is Node ${process.version}.\n`,
  );
  process.exitCode = 3;
}
