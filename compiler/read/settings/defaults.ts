import type { Span } from "../../diagnostics/diagnostics.ts";
import type { Subscriber, UseCase } from "../../model/model.ts";
import { layerOf } from "../../settings/path.ts";
import { ALL_SETTINGS, type SettingValues, type SubscriberValues } from "../../settings/values.ts";
import type { Definition, Written } from "./definition.ts";

type Layers = SettingValues & Pick<UseCase, "subscribers" | "severalSubscribers">;

/** All layers of a use case. `span` is where its only subscriber stands if it has one handler. */
export function fillDefaults({ written, subscribers, spans }: Definition, span: Span): Layers {
  return {
    frontend: layerValues("frontend", written),
    scheduler: layerValues("scheduler", written),
    flowControl: layerValues("flowControl", written),
    execution: layerValues("execution", written),
    severalSubscribers: subscribers !== undefined,
    subscribers: subscribers
      ? Array.from(subscribers, ([name, own]) => {
          return subscriberOf(name, spans[`subscribers.${name}`] ?? span, own, written);
        })
      : [subscriberOf("default", spans.handler ?? spans.batchHandler ?? spans["delivery.target"] ?? span, {}, written)],
  };
}

function layerValues<L extends keyof SettingValues>(layer: L, written: Written): SettingValues[L] {
  const settings = ALL_SETTINGS.filter(([path, { each }]) => each === "use case" && layerOf(path) === layer);
  return Object.fromEntries(
    settings.map(([path, setting]) => [setting.key, at(written, path) ?? setting.default]),
  ) as unknown as SettingValues[L];
}

/** A subscriber's own settings, then the use case's, then the defaults: each setting for itself. */
function subscriberOf(name: string, span: Span, own: Written, shared: Written): Subscriber {
  const settings = ALL_SETTINGS.filter(([, { each }]) => each === "subscriber");
  const values = settings.map(([path, setting]) => {
    const inSubscriber = path.slice(path.indexOf(".") + 1);
    return [setting.key, at(own, inSubscriber) ?? at(shared, path) ?? setting.default];
  });
  return { name, ...(Object.fromEntries(values) as SubscriberValues), span };
}

function at(written: Written, path: string): unknown {
  return path.split(".").reduce<unknown>((inside, name) => (inside as Written | undefined)?.[name], written);
}
