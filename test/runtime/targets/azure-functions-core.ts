/* What Azure's host gives to `@azure/functions`: this one keeps what is registered. */
import type { AzureCore } from "./azure-host.ts";

const { azureCore } = globalThis as unknown as { azureCore: AzureCore };

export const version = "1.0.0";
export const hostVersion = "4.1000.0";

export class Disposable {
  dispose(): void {}
}

export function setProgrammingModel(model: NonNullable<AzureCore["model"]>): void {
  azureCore.model = model;
}

export function registerFunction(
  metadata: { readonly name: string; readonly bindings: object },
  callback: (...args: unknown[]) => unknown,
): Disposable {
  azureCore.functions.set(metadata.name, { metadata, callback });
  return new Disposable();
}

export function registerHook(): Disposable {
  return new Disposable();
}

export function log(): void {}
