import { type Int, type Text, useCase } from "fivefold";

type Plan = "free" | "paid";

interface Address {
  city: string;
  line: string | null;
}

/** A profile was saved. What is null was cleared; what is absent stays as it is. */
export interface ProfileSaved {
  id: string;
  /** Null until the first login. */
  name: Text<{ maxLength: 40 }> | null;
  nickname?: string | null;
  age: Int<{ min: 0; max: 150 }> | null;
  verified?: boolean | null;
  bornAt: Date | null;
  plan?: Plan | null;
  address: Address | null;
  formerAddress?: Address | null;
  tags: string[] | null;
  links?: Record<string, string> | null;
  scores: (number | null)[];
  grid: ((number | null)[] | null)[];
  answers: Record<string, string | null>;
  visits?: Record<string, Date[] | null>;
  deleted: null;
  legacy?: null;
}

export default useCase<ProfileSaved>({
  owner: "team-profiles",
  frontend: { dedupeBy: "id" },
  handler: (event) => event.name?.length,
});
