import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../../..");
const urlOf = (path: string) => JSON.stringify(pathToFileURL(join(ROOT, path)).href);

/** As npm leaves it where install scripts don't run: the package is there, what it loads is not. */
const WITHOUT_NATIVE_PART = `
  import { registerHooks } from "node:module";
  registerHooks({
    load(url, context, next) {
      if (url.endsWith("pulsar-client/index.js")) throw new Error("Cannot find module '/lib/binding/pulsar.node'");
      return next(url, context);
    },
  });
  const { openPulsarTransport } = await import(${urlOf("runtime/adapters/pulsar/pulsar.ts")});
  const { systemClock } = await import(${urlOf("runtime/contract/clock.ts")});
  const settings = { serviceUrl: "pulsar://localhost:6650", webUrl: "http://localhost:8080", namespace: "a/b" };
  const error = await openPulsarTransport({ ...settings, clock: systemClock }).catch((reason) => reason);
  console.log(JSON.stringify({ code: error.code, message: error.message }));
`;

test("without pulsar-client's native part, the error says how to get it and how to do without", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", WITHOUT_NATIVE_PART]);
  const { code, message } = JSON.parse(stdout) as { code: string; message: string };
  expect(code).toBe("invalid-option");
  expect(message).toContain("pulsar.node");
  expect(message).toContain("npm rebuild pulsar-client");
  expect(message).toContain("npm install pulsar-client");
  expect(message).toContain("leave out FIVEFOLD_PULSAR_CLIENT");
});
