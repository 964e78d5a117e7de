/*
 * `node --import fivefold/register program.ts`: loads a program, or tests, as `start` and `dev` load use cases.
 */
import { join } from "node:path";
import { findRoot } from "../runtime/connection.ts";
import { loadTypeScript, MODULE_CACHE } from "./hooks.ts";

const root = findRoot(process.cwd());
loadTypeScript({ cache: root && join(root, MODULE_CACHE) });
