import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

/* Preloaded by a test's program: writes the URL of every module that it loads to the file LOAD_TRACE, one a line. */

registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOAD_TRACE as string, `${url}\n`);
    return next(url, context);
  },
});
