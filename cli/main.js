#!/usr/bin/env node
// JavaScript, which an old Node can read too, up to being told what it lacks.
if (process.features.typescript) {
  const { run } = await import("./program.ts");
  await run(process.argv);
} else {
  process.stderr.write(
    `fivefold needs Node 22.18 or newer, which runs TypeScript files as they are; this is Node ${process.version}.\n`,
  );
  process.exitCode = 3;
}
