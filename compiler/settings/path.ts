import type {
  DeliveryLayer,
  ExecutionLayer,
  FlowControlLayer,
  FrontendLayer,
  SchedulerLayer,
} from "../../runtime/authoring/use-case.ts";

export const LAYERS = ["frontend", "scheduler", "flowControl", "delivery", "execution"] as const;
export type Layer = (typeof LAYERS)[number];

/** Groups of settings within a layer: who declares each in runtime/authoring/use-case.ts, and how one is written. */
export const GROUPS = {
  "delivery.retry": { declaredBy: "Retry", example: "{ … }" },
  "flowControl.maxInFlightPerKey": { declaredBy: "KeyLimit", example: '{ by: "customerId", max: 2 }' },
  "execution.scale": { declaredBy: "Scale", example: "{ min: 0, max: 50 }" },
} as const;

/** The layers' settings as use cases write them. */
interface Declared {
  frontend: FrontendLayer<object>;
  scheduler: SchedulerLayer<object>;
  flowControl: FlowControlLayer<object>;
  delivery: DeliveryLayer<object>;
  execution: ExecutionLayer;
}

type PathsOf<T, Before extends string = ""> = {
  [K in keyof T & string]-?: `${Before}${K}` extends Layer | keyof typeof GROUPS
    ? PathsOf<Required<NonNullable<T[K]>>, `${Before}${K}.`>
    : `${Before}${K}`;
}[keyof T & string];

/** Where a use case writes a setting: `delivery.retry.max`. */
export type SettingPath = PathsOf<Declared>;

export function layerOf(path: SettingPath): Layer {
  return path.slice(0, path.indexOf(".")) as Layer;
}

/** What a use case writes in its layer or group: `dedupeBy`. */
export function nameOf(path: SettingPath): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
