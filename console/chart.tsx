import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { short } from "./words.tsx";

interface Line {
  readonly label: string;
  /** A CSS variable that holds its colour. */
  readonly color: string;
  readonly values: readonly number[];
}

const HEIGHT = 150;
const FONT = "11px system-ui, sans-serif";
/** A plot that has just begun is this wide already, in seconds. */
const LEAST_S = 60;
/** What is counted has no halves. */
const STEPS = Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((step) => step * 10 ** i)).flat();

const clockTime = (seconds: number): string =>
  new Date(seconds * 1_000).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });

/** Figures over time. `times` are in ms since the Unix epoch. */
export function Chart({ title, times, lines }: { title: string; times: readonly number[]; lines: readonly Line[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = [times.map((at) => at / 1_000), ...lines.map(({ values }) => values)] as uPlot.AlignedData;

  useEffect(() => {
    const element = place.current!;
    const colorOf = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
    const axis = {
      stroke: () => colorOf("--muted"),
      grid: { stroke: () => colorOf("--line"), width: 1 },
      ticks: { show: false },
      font: FONT,
    };
    const made = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: HEIGHT,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        scales: {
          x: { range: (_, first, last) => [Math.min(first, last - LEAST_S), last] },
          y: { range: (_, __, most) => [0, Math.max(1, most * 1.15)] },
        },
        axes: [
          { ...axis, space: 90, values: (_, ticks) => ticks.map(clockTime) },
          { ...axis, size: 44, incrs: STEPS, values: (_, ticks) => ticks.map((tick) => short(tick)) },
        ],
        series: [
          {},
          ...lines.map(({ label, color }) => ({
            label,
            stroke: () => colorOf(color),
            width: 1.5,
            points: { show: false },
          })),
        ],
      },
      data,
      element,
    );
    plot.current = made;
    const sized = new ResizeObserver(() => made.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }));
    sized.observe(element);
    return () => {
      sized.disconnect();
      made.destroy();
    };
  }, [lines.map(({ label }) => label).join()]);

  useEffect(() => plot.current?.setData(data));
  const last = lines.map(({ label, values }) => `${label} ${short(values.at(-1) ?? 0)}`).join(", ");
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        {lines.map(({ label, color, values }) => (
          <span key={label} class="key">
            <i style={{ background: `var(${color})` }} />
            {label} <b>{short(values.at(-1) ?? 0)}</b>
          </span>
        ))}
      </figcaption>
      <div ref={place} role="img" aria-label={`${title} over the last minutes: ${last}`} />
    </figure>
  );
}

/** A line of the size of a word. */
export function Spark({ values }: { readonly values: readonly number[] }) {
  const most = Math.max(1, ...values);
  const points = values.map((value, i) => `${(i / Math.max(1, values.length - 1)) * 80},${18 - (value / most) * 16}`);
  return (
    <svg class="spark" viewBox="0 0 80 20" aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
