import type { UseCaseModule } from "./authoring/use-case.ts";
import type { Column } from "./capture/column-values.ts";
import type { CapturedTable } from "./capture/source-table.ts";
import type { Client, TaskClient } from "./client.ts";

/** A use case's table, as a capture needs it. */
export interface Changes {
  /** The database's name. */
  readonly source: string;
  readonly table: CapturedTable;
  readonly makeEvent: (change: unknown) => unknown;
  readonly client: TaskClient<unknown>;
}

export interface ChangesParts<E, C> {
  readonly client: Client<C>;
  readonly useCase: UseCaseModule<E>;
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  readonly snapshot: boolean;
  readonly columns: readonly Column[];
}

/** Joins what the compiler wrote with the use case's function. Generated code calls this. */
export function createChanges<E, C>(parts: ChangesParts<E, C>): Changes {
  const { client, useCase, source, schema, table, snapshot, columns } = parts;
  const { event } = useCase.useCase.frontend!.changes!;
  const name = schema === "public" ? table : `${schema}.${table}`;
  return {
    source,
    table: { useCase: client.useCase, table: name, schema, name: table, snapshot, columns },
    makeEvent: event as (change: unknown) => unknown,
    // Generated clients are those that the runtime makes.
    client: client as unknown as TaskClient<unknown>,
  };
}
