import { useState } from "preact/hooks";
import { act, type Snapshot } from "./server.ts";
import { linkTo, useAsked } from "./state.ts";
import { counted, Empty, grouped, Notice, nameOf, Time } from "./words.tsx";

interface Schedules {
  readonly schedules: readonly {
    readonly useCase: string;
    readonly name: string;
    readonly text: string;
    readonly next: readonly string[];
  }[];
}
interface Audit {
  readonly entries: readonly (Readonly<Record<string, unknown>> & { readonly at: string; readonly by: string })[];
}

export function Operations({
  snapshot,
  canAct,
}: {
  readonly snapshot: Snapshot | undefined;
  readonly canAct: boolean;
}) {
  const schedules = useAsked<Schedules>("schedules");
  const audit = useAsked<Audit>("audit");
  const [error, setError] = useState<Error>();
  const changed = (snapshot?.subscribers ?? []).filter((one) => one.set.length > 0);
  const resume = (place: string) => act("resume", { place }).then(audit.again, setError);
  return (
    <>
      <div class="head">
        <h1>Operations</h1>
      </div>
      <Notice error={error ?? schedules.error ?? audit.error} />
      <section class="card" aria-labelledby="changed">
        <h2 id="changed">Set at run time</h2>
        {changed.length === 0 && <p class="muted">Everything goes by what is declared.</p>}
        <ul class="plain-list">
          {changed.map((one) => (
            <li key={nameOf(one)}>
              <a href={linkTo(["use-case", one.useCase])}>{nameOf(one)}</a>{" "}
              {one.paused ? "is paused" : `runs at most ${grouped(one.maxInFlight.now)} in a process`}, set by{" "}
              {one.set[0]!.by} <Time at={one.set[0]!.at} />
              {one.set[0]!.why ? `: ${one.set[0]!.why}` : ""}{" "}
              {canAct && one.paused && (
                <button type="button" class="button" onClick={() => resume(`${one.useCase}/${one.subscriber}`)}>
                  Resume {nameOf(one)}
                </button>
              )}
            </li>
          ))}
        </ul>
      </section>
      <section class="card" aria-labelledby="schedules">
        <h2 id="schedules">Schedules</h2>
        {schedules.answer?.schedules.length === 0 && <p class="muted">No use case enqueues by itself.</p>}
        <ul class="plain-list">
          {schedules.answer?.schedules.map(({ useCase, name, text, next }) => (
            <li key={`${useCase} ${name}`}>
              <a href={linkTo(["use-case", useCase])}>{useCase}</a> {name}: {text}
              <span class="muted"> next {next.map((at) => new Date(at).toLocaleString()).join(", ")}</span>
            </li>
          ))}
        </ul>
      </section>
      <section aria-labelledby="audit">
        <h2 id="audit">Who did what</h2>
        {audit.answer?.entries.length === 0 && <Empty title="The audit log is empty" />}
        {audit.answer && audit.answer.entries.length > 0 && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached
          <section class="table" aria-labelledby="audit" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th>When</th>
                  <th>Who</th>
                  <th>What</th>
                  <th>Where</th>
                  <th>More</th>
                </tr>
              </thead>
              <tbody>
                {audit.answer.entries.map(({ at, by, action, place, useCase, subscriber, ...more }, i) => (
                  <tr key={`${at} ${i}`}>
                    <td>
                      <Time at={at} />
                    </td>
                    <td>{by}</td>
                    <td>{String(action)}</td>
                    <td>{String(place ?? [useCase, subscriber].filter(Boolean).join("/"))}</td>
                    <td class="muted">
                      {Object.entries(more)
                        .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
                        .join(", ")}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <p class="muted">The last {counted(audit.answer.entries.length, "entry", "entries")}.</p>
          </section>
        )}
      </section>
    </>
  );
}
