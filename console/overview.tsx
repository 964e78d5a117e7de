import { Spark } from "./chart.tsx";
import { FlowMap } from "./flow-map.tsx";
import type { Project, Snapshot, SubscriberNow } from "./server.ts";
import { linkTo } from "./state.ts";
import { counted, Dot, Empty, nameOf, Prose, short, toneOf } from "./words.tsx";

/** The state of everything, in a sentence. */
function headline(subscribers: readonly SubscriberNow[]): string {
  const still = subscribers.filter((one) => toneOf(one) === "bad");
  const held = subscribers.filter((one) => toneOf(one) === "held");
  const waits = subscribers.reduce((sum, { backlog }) => sum + backlog, 0);
  if (still.length > 0) return `${still.map(nameOf).join(", ")} ${still.length === 1 ? "stands" : "stand"} still.`;
  if (held.length > 0)
    return `Work flows; ${held.map(nameOf).join(", ")} ${held.length === 1 ? "needs" : "need"} a look.`;
  return waits > 0 ? "Work flows." : "All is done: nothing waits.";
}

export function Overview({
  project,
  snapshot,
}: {
  readonly project: Project;
  readonly snapshot: Snapshot | undefined;
}) {
  const subscribers = snapshot?.subscribers ?? [];
  const sum = (name: "backlog" | "inFlight" | "delayed" | "deadLetters") =>
    subscribers.reduce((all, one) => all + one[name], 0);
  const workers = Math.max(0, ...subscribers.map((one) => one.workers));
  if (project.useCases.length === 0) {
    return (
      <Empty title="No use case yet">
        <code>fivefold new greet</code> writes the first one.
      </Empty>
    );
  }
  return (
    <>
      <div class="head">
        <h1 id="verdict" aria-live="polite">
          {snapshot ? headline(subscribers) : "Looking…"}
        </h1>
      </div>
      <dl class="figures">
        <Figure label="To do" value={sum("backlog")} />
        <Figure label="Running" value={sum("inFlight")} />
        <Figure label="Delayed" value={sum("delayed")} />
        <Figure label="Dead letters" value={sum("deadLetters")} isBad={sum("deadLetters") > 0} />
        <Figure label="Workers" value={workers} />
      </dl>
      <section aria-labelledby="verdicts">
        <h2 id="verdicts">Use cases</h2>
        <ul class="rows">
          {subscribers.map((one, i) => (
            <li key={nameOf(one)}>
              <a class="row" href={linkTo(["use-case", one.useCase])}>
                <Dot tone={toneOf(one)} />
                <span class="row-main">
                  <strong>{nameOf(one)}</strong>
                  <span class="row-text">
                    <Prose text={one.text} />
                    {one.deadLetters > 0 && ` ${counted(one.deadLetters, "task was", "tasks were")} given up.`}
                  </span>
                </span>
                <Spark values={(snapshot?.trail ?? []).slice(-60).map((sample) => sample.backlog[i] ?? 0)} />
                <span class="row-figures">
                  <span>
                    <b>{short(one.backlog)}</b> to do
                  </span>
                  {one.inFlight > 0 && (
                    <span>
                      <b>{short(one.inFlight)}</b> running
                    </span>
                  )}
                  {one.delayed > 0 && (
                    <span>
                      <b>{short(one.delayed)}</b> delayed
                    </span>
                  )}
                  {one.deadLetters > 0 && <span class="bad-text">{counted(one.deadLetters, "dead letter")}</span>}
                </span>
              </a>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="map">
        <h2 id="map">Who feeds whom</h2>
        <FlowMap useCases={project.useCases} subscribers={subscribers} />
      </section>
    </>
  );
}

function Figure({ label, value, isBad = false }: { label: string; value: number; isBad?: boolean }) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd class={isBad ? "bad-text" : undefined}>{short(value)}</dd>
    </div>
  );
}
