import { deepStrictEqual, equal } from "node:assert/strict";
import { decode, encode } from "./generated/save-profile/codec.ts";
import type { ProfileSaved } from "./generated/save-profile/event.ts";
import { validate } from "./generated/save-profile/validate.ts";

const NULLS: ProfileSaved = {
  id: "p1",
  name: null,
  nickname: null,
  age: null,
  verified: null,
  bornAt: null,
  plan: null,
  address: null,
  formerAddress: null,
  tags: null,
  links: null,
  scores: [null, 0, null],
  grid: [null, [], [null, 1]],
  answers: { a: null, b: "" },
  visits: { a: null, b: [], c: [new Date(0)] },
  deleted: null,
  legacy: null,
};

const VALUES: ProfileSaved = {
  id: "p2",
  name: "",
  nickname: "",
  age: 0,
  verified: false,
  bornAt: new Date(0),
  plan: "free",
  address: { city: "", line: null },
  formerAddress: { city: "Bonn", line: "" },
  tags: [],
  links: {},
  scores: [],
  grid: [],
  answers: {},
  visits: {},
  deleted: null,
};

const ABSENT: ProfileSaved = {
  id: "p3",
  name: "Ann",
  age: 31,
  bornAt: null,
  address: null,
  tags: ["a"],
  scores: [1],
  grid: [],
  answers: {},
  deleted: null,
};

/** Null, absent, and a value that is a zero are told apart everywhere. */
export default function run(): void {
  for (const profile of [NULLS, VALUES, ABSENT]) {
    equal(validate(profile), undefined);
    deepStrictEqual(decode(encode(profile)), profile);
  }
  const faulty = { ...ABSENT, id: null, name: undefined, age: 200, scores: [undefined], tags: "a", deleted: 0 };
  deepStrictEqual(
    validate(faulty)?.map(({ path, rule }) => `${path} ${rule}`),
    [
      "id must be a string",
      "name must be a string of at most 40 characters or null",
      "age must be an integer from 0 to 150 or null",
      "tags must be an array",
      "scores[0] must be a finite number or null",
      "deleted must be null",
    ],
  );
}
