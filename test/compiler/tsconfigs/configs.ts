import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The settings of TypeScript that a popular starter or monorepo has, as far as they matter here. */
export interface StarterConfig {
  /** The npm package, or the GitHub repository and file, whose settings these are. */
  readonly source: string;
  /** Those that it extends included. */
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  /** Default: all that lies there. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** `type` in the project's package.json. Default "module". */
  readonly type?: "module" | "commonjs" | "none";
  /** A prefix by which modules import from `lib/`. */
  readonly alias?: string;
  /** Majors of TypeScript that take these settings; 6 where it is told to ignore what is deprecated. Default: 5, 6 and 7. */
  readonly versions?: readonly number[];
}

export const CONFIGS = JSON.parse(
  readFileSync(join(import.meta.dirname, "starters.json"), "utf8"),
) as readonly StarterConfig[];
