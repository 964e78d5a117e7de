import type { Shape } from "../model/shape.ts";
import { type ContractDiff, diffContracts, type Version } from "./contract.ts";
import { diffSettings, type SettingsDiff } from "./settings.ts";
import type { UseCaseState } from "./state.ts";

export interface UseCaseDiff {
  readonly name: string;
  readonly kind: "added" | "removed" | "changed";
  readonly old: UseCaseState | undefined;
  readonly now: UseCaseState | undefined;
  /** `undefined`: records look as they did, or there are none to compare. */
  readonly contract: ContractDiff | undefined;
  /** Whether the old contract can't be told from the files of its commit. */
  readonly isContractUnknown: boolean;
  readonly settings: SettingsDiff;
}

export function diffUseCase(name: string, old: UseCaseState | undefined, now: UseCaseState | undefined): UseCaseDiff {
  const kind = old ? (now ? "changed" : "removed") : "added";
  const settings = diffSettings(old, now);
  if (!old?.shape || !now?.shape) {
    return { name, kind, old, now, contract: undefined, isContractUnknown: kind === "changed", settings };
  }
  // What was released or retired since counts too: it is of what the old version is.
  const isReleased = (version: number) => old.released.includes(version) || now.released.includes(version);
  const versionOf = ({ event: { version } }: UseCaseState, shape: Shape): Version => {
    const state = version <= now.retired ? "retired" : isReleased(version) ? "released" : "unreleased";
    return { shape, version, state };
  };
  const contract = diffContracts(versionOf(old, old.shape), versionOf(now, now.shape));
  return { name, kind, old, now, contract, isContractUnknown: false, settings };
}

export function isDifferent({ kind, contract, settings }: UseCaseDiff): boolean {
  return kind !== "changed" || !!contract || Object.values(settings).some((changes) => changes.length > 0);
}
