/** One series' value, as Prometheus would name it: `name{label="value"}`. */
export type Series = ReadonlyMap<string, number>;

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const SAMPLE = new RegExp(
  `^(${NAME})(\\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*",?)*\\})? (NaN|[+-]Inf|-?[0-9.e+-]+)$`,
);
/** What a histogram's samples add to its name. */
const PARTS = /_(bucket|sum|count)$/;

/**
 * Reads an exposition as strictly as its format is defined (text format 0.0.4): every sample stands below the one HELP
 * and TYPE of its metric, no series comes twice, and histograms are cumulative. Throws where one of it is broken.
 */
export function readExposition(text: string): Series {
  if (!text.endsWith("\n")) throw new Error("The last line must end.");
  const series = new Map<string, number>();
  const seen = new Set<string>();
  let metric = "";
  let type = "";
  for (const line of text.split("\n").slice(0, -1)) {
    const help = new RegExp(`^# HELP (${NAME}) .+$`).exec(line);
    const typed = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line);
    if (help) {
      metric = help[1]!;
      if (seen.has(metric)) throw new Error(`${metric} comes twice.`);
      seen.add(metric);
      type = "";
    } else if (typed) {
      if (typed[1] !== metric || type !== "") throw new Error(`TYPE of ${typed[1]} does not follow its HELP.`);
      type = typed[2]!;
    } else {
      addSample(line);
    }
  }
  checkHistograms(series);
  return series;

  function addSample(line: string): void {
    const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
    if (name === undefined) throw new Error(`No sample: ${line}`);
    const of = type === "histogram" ? name.replace(PARTS, "") : name;
    if (of !== metric || type === "") throw new Error(`${name} stands below ${metric} (${type}).`);
    if (type === "counter" && !name.endsWith("_total")) throw new Error(`The counter ${name} must end in _total.`);
    if (series.has(name + labels)) throw new Error(`${name}${labels} comes twice.`);
    series.set(name + labels, Number(value!.replace("Inf", "Infinity")));
  }
}

function checkHistograms(series: Series): void {
  let last = 0;
  for (const [name, value] of series) {
    if (!name.includes("_bucket{")) {
      last = 0;
      continue;
    }
    if (value < last) throw new Error(`${name} is below the bucket before it.`);
    last = value;
    const all = name
      .replace("_bucket{", "_count{")
      .replace(/,?le="\+Inf"/, "")
      .replace("{}", "");
    if (name.includes('le="+Inf"')) {
      if (series.get(all) !== value) throw new Error(`${name} is not ${all}.`);
      last = 0;
    }
  }
}
