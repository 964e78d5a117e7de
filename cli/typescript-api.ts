/*
 * What the published package has in the place of ts-morph: TypeScript's API, as ts-morph brings it. The compiler uses
 * nothing else of ts-morph, which with all that it loads would take a twentieth of a build.
 */
import { createRequire } from "node:module";
import type { ts as Api } from "ts-morph";
import { loadScript } from "./code-cache.ts";

const morph = createRequire(createRequire(import.meta.url).resolve("ts-morph"));

export const ts = loadScript(morph.resolve("@ts-morph/common/dist/typescript.js")) as typeof Api;
