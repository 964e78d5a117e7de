import type { TextFormat } from "../../compiler/settings/text-formats.ts";

export interface TextFormatSamples {
  readonly good: readonly string[];
  /** Near misses. */
  readonly bad: readonly string[];
}

/** Texts of each format; a new one has to come with some. */
export const TEXT_FORMAT_SAMPLES: Readonly<Record<TextFormat, TextFormatSamples>> = {
  uuid: {
    good: ["123e4567-e89b-12d3-a456-426614174000", "123E4567-e89b-12d3-a456-426614174000"],
    bad: ["123e4567", "123e4567-e89b-12d3-a456-42661417400g"],
  },
  email: {
    good: ["a.b+c@example.org", "First.Last+tag@Sub.example.org", "a@b.c"],
    bad: ["a@", "@b", "a b@c.d", "a@-b.c"],
  },
  uri: {
    good: ["https://example.org/a?b=c#d", "urn:isbn:1", "HTTPS://u@[::1]:8/a?b=%C3%A9#c", "mailto:a@b"],
    bad: ["/relative", "http://a b", "http://%zz"],
  },
  date: {
    good: ["2024-02-29", "0000-02-29", "2023-12-31"],
    bad: ["2024-13-01", "2024-00-10", "2024-01-00", "24-01-01", "2024-01-01T00:00:00Z"],
  },
  hostname: {
    good: ["localhost", "A-b.example.org.", "a.b.", `${"x".repeat(63)}.de`],
    bad: ["-a", "a_b", "a..b", "x".repeat(64), `${"x".repeat(60)}.`.repeat(5)],
  },
  ipv4: { good: ["127.0.0.1", "255.255.255.255"], bad: ["256.0.0.1", "1.2.3", "01.2.3.4"] },
  ulid: {
    good: ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01arz3ndektsv4rrffq69g5fav", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0".repeat(26)],
    bad: [
      "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
      "01ARZ3NDEKTSV4RRFFQ69G5FA",
      "01ARZ3NDEKTSV4RRFFQ69G5FAVV",
      "01ARZ3NDEKTSV4RRFFQ69G5FAI",
    ],
  },
  e164: {
    good: ["+4930123456", "+14155552671", "+12", "+123456789012345"],
    bad: ["4930123456", "+0123456", "+1", "+1234567890123456", "+49 30 123456", "+49-30", "\uff0b4930123456"],
  },
};
