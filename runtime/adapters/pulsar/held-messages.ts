import type { Message } from "../../contract/contract.ts";

/** Messages that are here: arrived, or handed out and not settled. By their positions, with what each is acknowledged by. */
export class HeldMessages<Handle> {
  readonly #handles = new Map<string, Handle>();
  /** Those of them that were delivered once more. */
  readonly #cameAgain = new Set<string>();
  #waiting: (() => void)[] = [];

  get byId(): ReadonlyMap<string, unknown> {
    return this.#handles;
  }

  get size(): number {
    return this.#handles.size;
  }

  /** Returns whether it was here before: then it is acknowledged by the new handle from now on. */
  add({ position }: Message, handle: Handle): boolean {
    const id = position as string;
    const isHere = this.#handles.has(id);
    this.#handles.set(id, handle);
    if (isHere) this.#cameAgain.add(id);
    return isHere;
  }

  /** What of the messages is still held. */
  idsOf(messages: readonly Message[]): string[] {
    const ids: string[] = [];
    for (const { position } of messages) if (this.#handles.has(position as string)) ids.push(position as string);
    return ids;
  }

  /** What they are acknowledged by now. */
  handlesOf(ids: readonly string[]): Handle[] {
    const handles: Handle[] = [];
    for (const id of ids) {
      const handle = this.#handles.get(id);
      if (handle !== undefined) handles.push(handle);
      if (this.#cameAgain.size > 0) this.#cameAgain.delete(id);
    }
    return handles;
  }

  /** Those that were delivered once more since their handles were taken. */
  cameAgain(ids: readonly string[]): readonly string[] {
    return this.#cameAgain.size === 0 ? [] : ids.filter((id) => this.#cameAgain.has(id));
  }

  /** Takes them out of what is held. */
  release(ids: readonly string[]): Handle[] {
    const handles = this.handlesOf(ids);
    for (const id of ids) this.#handles.delete(id);
    if (this.size === 0) this.stop();
    return handles;
  }

  /** Resolves once nothing is held, or `stop` was called. */
  async settled(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  stop(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
