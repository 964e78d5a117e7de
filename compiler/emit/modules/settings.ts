import type { UseCaseSettings } from "../../../runtime/contract/contract.ts";
import type { UseCase } from "../../model/model.ts";
import type { Output } from "../../model/output.ts";
import { placeValues } from "../../settings/values.ts";
import { type Code, header, imports, literal, print } from "../../text/source.ts";
import { propertyKey } from "../names.ts";

/** What the runtime is told of a use case. */
export function runtimeSettings(useCase: UseCase): UseCaseSettings {
  const { name, owner, event, scheduler, flowControl, subscribers } = useCase;
  return {
    name,
    owner,
    version: event.version,
    ...placeValues("settings", useCase),
    ordered: scheduler.orderBy !== null,
    fair: flowControl.fairBy !== null,
    subscribers: subscribers.map((subscriber) => ({
      name: subscriber.name,
      ...placeValues("subscriber", useCase, subscriber),
    })),
  };
}

/** `settings.ts`: the use case's settings, with all defaults filled in. */
export function emitSettings(useCase: UseCase): Output {
  const code = [
    header(useCase.file),
    imports(["UseCaseSettings"], "fivefold/runtime", "type "),
    "",
    "export const settings: UseCaseSettings = {",
    Object.entries(runtimeSettings(useCase)).flatMap(([key, value]) => entry(`${key}: `, value)),
    "};",
  ];
  return { path: `generated/${useCase.name}/settings.ts`, text: print(code) };
}

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** A property or element with a comma behind: small objects on one line, lists and lists' elements on several. */
function entry(key: string, value: Plain): Code[] {
  if (Array.isArray(value)) return [`${key}[`, value.flatMap((element) => entry("", element)), "],"];
  if (typeof value !== "object" || value === null || key !== "") return [`${key}${inline(value)},`];
  return ["{", Object.entries(value).flatMap(([name, part]) => entry(`${propertyKey(name)}: `, part)), "},"];
}

function inline(value: Plain): string {
  if (typeof value === "string") return literal(value);
  if (typeof value === "number" && Number.isInteger(value)) return grouped(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  return `{ ${Object.entries(value)
    .map(([name, part]) => `${propertyKey(name)}: ${inline(part)}`)
    .join(", ")} }`;
}

/** `86_400_000`. */
function grouped(value: number): string {
  if (value > -1000 && value < 1000) return String(value);
  return String(value).replace(/\B(?=(\d{3})+$)/g, "_");
}
