import type { SubscriberNow, UseCase } from "./server.ts";
import { linkTo } from "./state.ts";
import { short, toneOf } from "./words.tsx";

const WIDTH = 190;
const HEIGHT = 52;
const GAP_X = 64;
const GAP_Y = 16;

/** How many use cases lead to each, on the longest way; a circle ends where it began. */
function depths(useCases: readonly UseCase[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const feeders = (name: string) => useCases.filter(({ feeds }) => feeds.includes(name)).map((one) => one.name);
  const visit = (name: string, trail: readonly string[]): number => {
    if (trail.includes(name)) return -1;
    const known = found.get(name);
    if (known !== undefined) return known;
    const depth = 1 + Math.max(-1, ...feeders(name).map((from) => visit(from, [...trail, name])));
    if (trail.length === 0) found.set(name, depth);
    return depth;
  };
  for (const { name } of useCases) visit(name, []);
  return found;
}

/** The use cases from left to right, each with what it enqueues to. */
export function FlowMap({
  useCases,
  subscribers,
}: {
  useCases: readonly UseCase[];
  subscribers: readonly SubscriberNow[];
}) {
  const depthOf = depths(useCases);
  const isAlone = ({ name, feeds }: UseCase) => feeds.length === 0 && !useCases.some((one) => one.feeds.includes(name));
  const linked = useCases.filter((one) => !isAlone(one));
  // Those that feed nobody and are fed by nobody fill rows below.
  const columns = Math.max(3, ...[...depthOf.values()].map((depth) => depth + 1));
  const rowsIn = new Map<number, number>();
  const places = new Map<string, { readonly x: number; readonly y: number }>();
  for (const { name } of linked) {
    const column = depthOf.get(name)!;
    const row = rowsIn.get(column) ?? 0;
    rowsIn.set(column, row + 1);
    places.set(name, { x: column * (WIDTH + GAP_X), y: row * (HEIGHT + GAP_Y) });
  }
  const below = Math.max(0, ...rowsIn.values());
  useCases.filter(isAlone).forEach(({ name }, i) => {
    const row = below + Math.floor(i / columns);
    places.set(name, { x: (i % columns) * (WIDTH + GAP_X), y: row * (HEIGHT + GAP_Y) });
  });
  const all = [...places.values()];
  const width = Math.max(...all.map(({ x }) => x)) + WIDTH + 2;
  const height = Math.max(...all.map(({ y }) => y)) + HEIGHT + 2;
  const edges = useCases.flatMap(({ name, feeds }) =>
    feeds.flatMap((to) => {
      const [from, end] = [places.get(name), places.get(to)];
      return from && end ? [{ name: `${name} to ${to}`, from, end }] : [];
    }),
  );
  return (
    // Scrolled by keyboard as well.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached
    <section class="map" aria-label="Map of the use cases" tabIndex={0}>
      <svg width={width} height={height} viewBox={`-1 -1 ${width} ${height}`}>
        <title>Use cases, and what each enqueues to</title>
        {edges.map(({ name, from, end }) => {
          const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, end.x - 5, end.y + HEIGHT / 2];
          const bend = Math.max(24, Math.abs(x2 - x1) / 2);
          return (
            <g key={name} class="edge">
              <path d={`M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`} />
              <path class="tip" d={`M${x2 - 2},${y2 - 4} L${x2 + 5},${y2} L${x2 - 2},${y2 + 4} Z`} />
            </g>
          );
        })}
        {useCases.map(({ name, feeds }) => {
          const { x, y } = places.get(name)!;
          const own = subscribers.filter(({ useCase }) => useCase === name);
          const tone = own.map(toneOf).find((one) => one === "bad" || one === "held") ?? (own[0] && toneOf(own[0]));
          const waits = own.reduce((sum, { backlog }) => sum + backlog, 0);
          const runs = own.reduce((sum, { inFlight }) => sum + inFlight, 0);
          const onward = feeds.length > 0 ? `enqueues to ${feeds.join(", ")}` : undefined;
          return (
            <a key={name} class="node" href={linkTo(["use-case", name])} aria-description={onward}>
              <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx="8" />
              <circle class={`fill ${tone ?? "quiet"}`} cx={x + 16} cy={y + 20} r="4" />
              <text x={x + 28} y={y + 24}>
                {name.length > 21 ? `${name.slice(0, 20)}…` : name}
              </text>
              <text class="sub" x={x + 28} y={y + 41}>
                {short(waits)} to do{runs > 0 ? `, ${short(runs)} running` : ""}
              </text>
            </a>
          );
        })}
      </svg>
    </section>
  );
}
