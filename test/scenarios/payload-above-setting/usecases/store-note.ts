import { type Text, useCase } from "fivefold";

export interface NoteStored {
  text: Text<{ maxLength: 20_000 }>;
}

export default useCase<NoteStored>({
  owner: "team-notes",
  frontend: { maxPayload: "32KiB" },
  handler: (event) => event.text,
});
