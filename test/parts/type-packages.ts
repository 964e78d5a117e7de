import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installPart } from "./part-cache.ts";
import { runTool } from "./run-tool.ts";

/** Packages of which test/compiler/packages knows types. */
const DEPENDENCIES = {
  "@aws-sdk/client-s3": "3.1175.0",
  "@aws-sdk/client-sqs": "3.1175.0",
  "@hubspot/api-client": "13.5.0",
  "@kubernetes/client-node": "2.0.1",
  "@line/bot-sdk": "11.0.0",
  "@linear/sdk": "98.0.0",
  "@octokit/webhooks-types": "7.6.1",
  "@sentry/types": "10.75.2",
  "@slack/types": "3.2.0",
  "@types/aws-lambda": "8.10.164",
  "@types/chrome": "0.3.7",
  "@types/express-serve-static-core": "5.1.3",
  "@types/geojson": "7946.0.16",
  "@types/har-format": "1.2.16",
  "@types/json-schema": "7.0.15",
  "@types/mapbox-gl": "3.4.1",
  "@types/nodemailer": "8.0.2",
  "@types/pg": "8.23.1",
  cloudevents: "10.0.0",
  "discord-api-types": "0.38.57",
  "kubernetes-types": "1.30.0",
  "openapi-types": "12.1.3",
  plaid: "47.0.0",
  "schema-dts": "2.1.0",
  stripe: "23.1.0",
  "telegram-typings": "5.0.0",
  "type-fest": "5.10.0",
  "vega-lite": "6.4.3",
  axios: "1.21.1",
  "@types/estree": "1.0.11",
};

/** Their `node_modules`. None of their scripts is run. */
export async function installTypePackages(): Promise<string> {
  const folder = await installPart({
    name: "type-packages",
    version: "1",
    takes: "a minute",
    async build(folder, log) {
      await writeFile(join(folder, "package.json"), JSON.stringify({ dependencies: DEPENDENCIES }));
      const args = ["install", "--ignore-scripts", "--legacy-peer-deps"];
      await runTool("npm", args, { cwd: folder, log, attempts: 3 });
    },
  });
  return join(folder, "node_modules");
}
