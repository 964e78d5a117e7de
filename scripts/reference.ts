/* Writes the pages of docs/, and the list of them, that follow from the code: `npm run reference`. A test compares them. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorPages } from "./reference/errors.ts";
import { llmsPage } from "./reference/llms.ts";
import { settingsPage } from "./reference/settings.ts";

const DOCS = join(import.meta.dirname, "../docs");
const ERRORS = join(DOCS, "errors");

writeFileSync(join(DOCS, "settings.md"), settingsPage());
rmSync(ERRORS, { recursive: true, force: true });
mkdirSync(ERRORS);
for (const { name, text } of errorPages()) writeFileSync(join(ERRORS, name), text);
writeFileSync(join(DOCS, "../llms.txt"), llmsPage());
