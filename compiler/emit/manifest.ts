import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { remembered, rememberedText } from "../model/remembered.ts";
import { placeValues } from "../settings/values.ts";
import { avroPath } from "./avro/avro.ts";
import { jsonSchemaPath } from "./json-schema/json-schema.ts";
import { runtimeSettings } from "./modules/settings.ts";
import { contractPath } from "./proto/proto.ts";
import { topicsOf } from "./topics.ts";

/** Relative to the project's root. */
export const MANIFEST_FILE = "generated/manifest.json";

/** `manifest.json`: all use cases as data, for what starts workers and provisions what they need. */
export function emitManifest(useCases: readonly UseCase[]): Output {
  return { path: MANIFEST_FILE, text: manifestText(useCases.map(manifestEntry)) };
}

const manifestText = rememberedText((entries) => {
  const list = entries.length > 0 ? `[\n${entries.join(",\n")}\n  ]` : "[]";
  return `{\n  "manifestVersion": 1,\n  "useCases": ${list}\n}\n`;
});

const INDENT = "    ";

/** A use case as an item of the list. */
const manifestEntry = remembered(
  (useCase) => INDENT + JSON.stringify(entry(useCase), null, 2).replaceAll("\n", `\n${INDENT}`),
);

function entry(useCase: UseCase) {
  const { name, file, doc, owner, event } = useCase;
  return {
    name,
    file,
    doc,
    owner,
    event: {
      name: event.name,
      version: event.version,
      contract: contractPath(name),
      jsonSchema: jsonSchemaPath(name),
      avro: avroPath(name),
    },
    executor: `generated/${name}/executor.ts`,
    topics: topicsOf(useCase),
    ...(useCase.frontend.changes && { changes: useCase.frontend.changes }),
    keys: placeValues("keys", useCase),
    feeds: useCase.feeds.map(({ name }) => name),
    execution: placeValues("execution", useCase),
    settings: runtimeSettings(useCase),
  };
}
