import { type Change, useCase } from "fivefold";

interface Row {
  owner: number;
  name: string;
  version: bigint;
  amount: string;
  note: string | null;
  tags: number[];
  /** Too large to be told again by an update that leaves it as it is. */
  body?: string;
}

/** What became of a row, in the words of the checker. */
export interface RowChanged {
  key: string;
  kind: "snapshot" | "insert" | "update" | "delete";
  version: bigint;
  amount: string;
  note: string | null;
  tags: number[];
  body?: string;
  /** The key that the row had before. */
  from?: string;
}

const keyOf = ({ owner, name }: Partial<Row>) => `${owner}/${name}`;

export default useCase<RowChanged>({
  owner: "team-torture",
  frontend: {
    changes: {
      source: "shop",
      table: "goods.items",
      event({ kind, row, before }: Change<Row>) {
        const gone = (of: Partial<Row>): RowChanged => {
          return { key: keyOf(of), kind: "delete", version: 0n, amount: "", note: null, tags: [] };
        };
        if (kind === "delete") return gone(before);
        const { owner, name, body, ...others } = row;
        const event: RowChanged = { key: keyOf({ owner, name }), kind, ...others, ...(body !== undefined && { body }) };
        return before && keyOf(before) !== event.key
          ? [gone(before), { ...event, kind: "insert", from: keyOf(before) }]
          : event;
      },
    },
  },
  scheduler: { orderBy: "key" },
  handler: () => {},
});
