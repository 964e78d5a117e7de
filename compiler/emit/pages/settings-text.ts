import type { Subscriber, UseCase } from "../../model/model.ts";
import { type Layer, layerOf } from "../../settings/path.ts";
import { ALL_SETTINGS, type SettingValues, useCaseValue } from "../../settings/values.ts";
import { code } from "./markdown.ts";

/** What each layer does with an event, in words. */
export function layerTexts(useCase: UseCase): readonly (readonly [title: string, text: string])[] {
  return [
    ["Frontend", ["validates it", ...phrases("frontend", useCase)].join("; ")],
    ["Scheduler", phrases("scheduler", useCase).join("; ")],
    ["Flow control", phrases("flowControl", useCase).join("; ")],
    ["Delivery", "a failed try is repeated; after the last one the event is a dead letter"],
    [
      "Execution",
      [
        "at least once for each subscriber; a try that takes too long is aborted",
        ...phrases("execution", useCase),
      ].join("; "),
    ],
  ];
}

function phrases(layer: keyof SettingValues, useCase: UseCase): string[] {
  return settingsOf(layer)
    .filter(([, { needs }]) => needs === undefined || useCaseValue(needs, useCase) !== null)
    .map(([path, { does }]) => does?.(useCaseValue(path, useCase), code) ?? "")
    .filter((phrase) => phrase !== "");
}

/** What a use case asks for that others don't; empty: nothing. */
export function summaryOfSettings(useCase: UseCase): string {
  return ALL_SETTINGS.filter(
    ([path, { each, default: unset }]) => each === "use case" && useCaseValue(path, useCase) !== unset,
  )
    .map(([path, { summary }]) => summary?.(useCaseValue(path, useCase), code) ?? "")
    .filter((phrase) => phrase !== "")
    .join(", ");
}

/** The columns that tell subscribers' settings. */
export const SUBSCRIBER_COLUMNS: readonly string[] = ALL_SETTINGS.flatMap(([, { column }]) => column?.title ?? []);

/** A subscriber's cells in these columns. */
export function subscriberCells(subscriber: Subscriber): string[] {
  return ALL_SETTINGS.flatMap(([, { key, column }]) => column?.cell(subscriber[key as keyof Subscriber]) ?? []);
}

function settingsOf(layer: Layer) {
  return ALL_SETTINGS.filter(([path, { each }]) => each === "use case" && layerOf(path) === layer);
}
