/*
 * What the published package has in the place of ts-morph: TypeScript's API, as ts-morph brings it. The compiler uses
 * nothing else of ts-morph, which with all that it loads would take a twentieth of a build.
 */
import { createRequire } from "node:module";
import type { ts as Api } from "ts-morph";

const require = createRequire(import.meta.url);

export const ts = loadApi();

function loadApi(): typeof Api {
  const script = findScript();
  return script === undefined ? require("ts-morph").ts : require(script);
}

/** `undefined` where a version of ts-morph has it elsewhere. */
function findScript(): string | undefined {
  try {
    return createRequire(require.resolve("ts-morph")).resolve("@ts-morph/common/dist/typescript.js");
  } catch {
    return undefined;
  }
}
