import { expect, test } from "vitest";
import { expose } from "../../../runtime/metrics/exposition.ts";
import { createHistogram } from "../../../runtime/metrics/histogram.ts";
import { readExposition } from "./read-exposition.ts";

test("metrics as the text format has them", () => {
  const text = expose([
    { name: "a_total", type: "counter", help: "Counts\n\\things", samples: [{ labels: {}, value: 3 }] },
    { name: "unused", type: "gauge", help: "Nothing", samples: [] },
    {
      name: "b",
      type: "gauge",
      help: "Levels",
      samples: [
        { labels: { x: 'q"u\\o\nte', y: "" }, value: Number.POSITIVE_INFINITY },
        { labels: { x: "ü" }, value: 1e21 },
        { labels: { x: "none" }, value: Number.NaN },
      ],
    },
  ]);
  expect(text).toBe(
    [
      "# HELP a_total Counts\\n\\\\things",
      "# TYPE a_total counter",
      "a_total 3",
      "# HELP b Levels",
      "# TYPE b gauge",
      'b{x="q\\"u\\\\o\\nte",y=""} +Inf',
      'b{x="ü"} 1e+21',
      'b{x="none"} NaN',
      "",
    ].join("\n"),
  );
  expect(readExposition(text).size).toBe(4);
});

test("a histogram counts each duration in its bucket and all above, in seconds", () => {
  const histogram = createHistogram();
  for (const ms of [0, 1, 1.5, 40, 2_000, 7_200_000]) histogram.observe(ms);
  histogram.observe(-5);
  histogram.observe(300, 10);
  const series = readExposition(
    expose([{ name: "d", type: "histogram", help: "Durations", samples: histogram.samples({ of: "x" }) }]),
  );
  const below = (le: string) => series.get(`d_bucket{of="x",le="${le}"}`);
  expect(["0.001", "0.0025", "0.025", "0.05", "0.25", "0.5", "1", "2.5", "1800", "+Inf"].map(below)).toEqual([
    3, 4, 4, 5, 5, 15, 15, 16, 16, 17,
  ]);
  expect(series.get('d_count{of="x"}')).toBe(17);
  expect(series.get('d_sum{of="x"}')).toBeCloseTo(0.001 + 0.0015 + 0.04 + 2 + 7_200 + 3, 6);
});

test.each([
  ["a sample without a type", "# HELP a b\na 1\n"],
  ["a series twice", "# HELP a b\n# TYPE a gauge\na 1\na 2\n"],
  ["a metric in two places", "# HELP a b\n# TYPE a gauge\na 1\n# HELP c d\n# TYPE c gauge\nc 1\n# HELP a b\n"],
  ["a label with a raw quote", '# HELP a b\n# TYPE a gauge\na{x="""} 1\n'],
  [
    "buckets that fall",
    '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ],
])("the reader of this test refuses %s", (_, text) => expect(() => readExposition(text)).toThrow());
