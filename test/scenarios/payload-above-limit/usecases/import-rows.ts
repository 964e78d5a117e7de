import { type Bytes, type List, type Text, useCase } from "fivefold";

interface Row {
  key: Text<{ maxLength: 100 }>;
  cells: List<Text<{ maxLength: 1_000 }>, { maxItems: 20 }>;
}

/** Rows of a table, at most 500. */
export interface RowsImported {
  checksum: Bytes<{ maxLength: 64 }>;
  rows: List<Row, { maxItems: 500 }>;
}

export default useCase<RowsImported>({
  owner: "team-tables",
  handler: (event) => event.rows.length,
});
