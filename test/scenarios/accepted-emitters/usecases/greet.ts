import { type Text, useCase } from "fivefold";

/** Somebody is to be greeted. */
export interface Greeting {
  name: Text<{ maxLength: 80 }>;
  phone?: Text<{ format: "e164" }>;
  requestId: Text<{ format: "ulid" }>;
}

export default useCase<Greeting>({ owner: "team-hello", handler: () => {} });
