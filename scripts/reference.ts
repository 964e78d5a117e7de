/* Writes the pages of docs/ that follow from the code: `npm run reference`. A test compares them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsPage } from "./reference/settings.ts";

const DOCS = join(import.meta.dirname, "../docs");

writeFileSync(join(DOCS, "settings.md"), settingsPage());
