import type { PulsarAdmin } from "./admin-client.ts";

/** What a change is made in. */
export interface Surroundings {
  readonly admin: PulsarAdmin;
  /** Whether `fivefold:allowDataLoss` holds one of these names. */
  allowsLoss(...names: readonly string[]): boolean;
  /** Whether `fivefold:import` holds this name, or `*`. */
  imports(name: string): boolean;
}

/**
 * One kind of thing that a stack keeps on a Pulsar cluster. Its inputs are all that there is to say about it, as plain
 * JSON; what is read back from the cluster has the same shape, so that drift is a difference between the two.
 */
export interface Kind<Inputs extends object> {
  /** As Pulumi shows it. */
  readonly name: string;
  idOf(inputs: Inputs): string;
  /** Inputs that can't be changed in place, whatever they become. */
  readonly identity: readonly (keyof Inputs & string)[];
  /** Whether going from one to the other takes deleting it first. Both have the same identity. */
  mustReplace?(from: Inputs, to: Inputs): boolean;
  /**
   * The name under which `fivefold:import` knows it. Absent: it is taken over where it exists, since that loses nothing.
   */
  importName?(inputs: Inputs): string;
  /** Why the change must not be made; asked at preview. `olds`: what the stack knew of it; absent where it is new. */
  refusals?(news: Inputs, olds: Inputs | undefined, around: Surroundings): Promise<string[]>;
  /** What the cluster has. `known`: what the stack knew of it; at an import nothing. */
  read(id: string, known: Partial<Inputs>, admin: PulsarAdmin): Promise<Inputs | undefined>;
  create(inputs: Inputs, admin: PulsarAdmin): Promise<void>;
  /** Brings what the cluster has in line. Absent: there is nothing that could be changed in place. */
  update?(live: Inputs, news: Inputs, admin: PulsarAdmin): Promise<void>;
  /** Deletes it, or throws where that would lose what nobody allowed to lose. */
  remove(inputs: Inputs, around: Surroundings): Promise<void>;
}
