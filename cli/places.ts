import { Fault } from "../loader/fault.ts";
import type { UseCaseSettings } from "../runtime/runtime.ts";
import { builtUseCases } from "./project-runtime.ts";

/** A use case and one of its subscribers. */
export interface Place {
  readonly useCase: UseCaseSettings;
  readonly subscriber: string;
}

/** What `use-case/subscriber` names, all subscribers of `use-case`, or those of all use cases. */
export async function placesOf(root: string, name: string | undefined): Promise<Place[]> {
  const [useCase, subscriber] = name?.split("/") ?? [];
  const useCases = await builtUseCases(root, useCase ? [useCase] : []);
  const places = useCases.flatMap(({ settings }) =>
    settings.subscribers
      .filter((one) => subscriber === undefined || one.name === subscriber)
      .map((one) => ({ useCase: settings, subscriber: one.name })),
  );
  if (places.length > 0 || subscriber === undefined) return places;
  const known = useCases[0]!.settings.subscribers.map((one) => one.name).join(", ");
  throw new Fault("usage", `'${useCase}' has no subscriber '${subscriber}'. It has ${known}.`);
}
