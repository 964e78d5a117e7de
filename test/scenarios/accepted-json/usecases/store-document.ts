import { type Json, type Text, useCase } from "fivefold";

/** A document was stored, whatever is in it. */
export interface DocumentStored {
  id: Text<{ format: "uuid" }>;
  body: Json;
  meta?: Record<string, Json>;
  drafts: Json[];
  schema?: Json;
}

export default useCase<DocumentStored>({
  owner: "team-documents",
  handler: (event) => JSON.stringify(event.body),
});
