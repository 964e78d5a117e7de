import type { UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { contractPath } from "./proto.ts";
import { runtimeSettings } from "./settings.ts";

/** `manifest.json`: all use cases as data, for what starts workers and provisions what they need. */
export function emitManifest(useCases: readonly UseCase[]): Output {
  const manifest = { manifestVersion: 1, useCases: useCases.map(entry) };
  return { path: "generated/manifest.json", text: `${JSON.stringify(manifest, null, 2)}\n` };
}

function entry(useCase: UseCase) {
  const { name, file, doc, owner, event } = useCase;
  return {
    name,
    file,
    doc,
    owner,
    event: { name: event.name, version: event.version, contract: contractPath(name) },
    executor: `generated/${name}/executor.ts`,
    topics: topics(useCase),
    settings: runtimeSettings(useCase),
  };
}

/** As the runtime names them: see `topicOf` and `deadLetterTopicOf` in its contract. */
function topics({ name, scheduler, flowControl, subscribers }: UseCase) {
  const topic = flowControl.priority === "normal" ? name : `${name}.${flowControl.priority}`;
  return [
    { name: topic, ordered: scheduler.orderBy !== null, subscriptions: subscribers.map(({ name }) => name) },
    ...subscribers.map((subscriber) => ({
      name: `${topic}-${subscriber.name}-DLQ`,
      ordered: false,
      subscriptions: ["dead-letters"],
    })),
  ];
}
