import { useState } from "preact/hooks";
import { Chart } from "./chart.tsx";
import { ask, ConfirmButton } from "./confirm.tsx";
import { act, type Project, type Snapshot, type SubscriberNow, type UseCase } from "./server.ts";
import { linkTo } from "./state.ts";
import { counted, Dot, duration, grouped, Notice, nameOf, Prose, short, Time, toneOf } from "./words.tsx";

interface Props {
  readonly useCase: UseCase;
  readonly project: Project;
  readonly snapshot: Snapshot | undefined;
  readonly canAct: boolean;
}

export function UseCasePage({ useCase, project, snapshot, canAct }: Props) {
  const { name, doc, owner, event, version, feeds, file } = useCase;
  const fedBy = project.useCases.filter((one) => one.feeds.includes(name)).map((one) => one.name);
  const all = snapshot?.subscribers ?? [];
  const own = all.flatMap((one, i) => (one.useCase === name ? [{ one, i }] : []));
  return (
    <>
      <div class="head">
        <div>
          <h1>{name}</h1>
          <p class="lead">{doc || `Handles ${event}.`}</p>
        </div>
        <div class="actions">
          <a class="button" href={linkTo(["send", name])}>
            Send an event
          </a>
        </div>
      </div>
      <dl class="facts">
        <Fact label="Event">
          {event} v{version}
        </Fact>
        <Fact label="Owner">{owner}</Fact>
        <Fact label="Source">
          <code>{file}</code>
        </Fact>
        {fedBy.length > 0 && (
          <Fact label="Fed by">
            <Links names={fedBy} />
          </Fact>
        )}
        {feeds.length > 0 && (
          <Fact label="Enqueues to">
            <Links names={feeds} />
          </Fact>
        )}
      </dl>
      {own.map(({ one, i }) => (
        <Subscriber key={one.subscriber} {...{ useCase, one, i, snapshot: snapshot!, canAct }} />
      ))}
    </>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const Links = ({ names }: { readonly names: readonly string[] }) => (
  <>
    {names.map((name, i) => (
      <span key={name}>
        {i > 0 && ", "}
        <a href={linkTo(["use-case", name])}>{name}</a>
      </span>
    ))}
  </>
);

interface SubscriberProps {
  readonly useCase: UseCase;
  readonly one: SubscriberNow;
  /** Its place in the snapshot. */
  readonly i: number;
  readonly snapshot: Snapshot;
  readonly canAct: boolean;
}

/** When the backlog is done, at the rate of the last minute; `undefined`: that does not show. */
function drainedIn(snapshot: Snapshot, i: number): number | undefined {
  const [last, first] = [snapshot.trail.at(-1), snapshot.trail.at(-31) ?? snapshot.trail[0]];
  if (!last || !first || last.at - first.at < 4_000) return undefined;
  const perMs = (first.backlog[i]! - last.backlog[i]!) / (last.at - first.at);
  return perMs > 0 && last.backlog[i]! > 0 ? last.backlog[i]! / perMs : undefined;
}

function Subscriber({ useCase, one, i, snapshot, canAct }: SubscriberProps) {
  const { settings } = useCase;
  const declared = settings.subscribers.find(({ name }) => name === one.subscriber)!;
  const [error, setError] = useState<Error>();
  const place = `${one.useCase}/${one.subscriber}`;
  const times = snapshot.trail.map(({ at }) => at);
  const line = (name: "backlog" | "delayed" | "inFlight" | "deadLetters") =>
    snapshot.trail.map((sample) => sample[name][i] ?? 0);
  const doneInMs = drainedIn(snapshot, i);
  const change = (name: string, body: object) =>
    act(name, { place, ...body }).then(() => setError(undefined), setError);
  const heading = `of-${one.subscriber}`;
  return (
    <section class="card" aria-labelledby={heading}>
      <div class="card-head">
        <h2 id={heading}>
          <Dot tone={toneOf(one)} /> {one.subscriber === "default" ? "How it stands" : one.subscriber}
        </h2>
        {canAct && (
          <div class="actions">
            {one.paused ? (
              <button type="button" class="button" onClick={() => change("resume", {})}>
                Resume
              </button>
            ) : (
              <button
                type="button"
                class="button"
                onClick={async () => {
                  const why = await ask(
                    `Pause ${nameOf(one)}?`,
                    "No task starts until it is resumed. Events are still taken.",
                    "Why",
                  );
                  if (why !== undefined) await change("pause", why ? { why } : {});
                }}
              >
                Pause
              </button>
            )}
            <LimitButton one={one} change={change} />
          </div>
        )}
      </div>
      <p class="verdict">
        <Prose text={one.text} />
        {doneInMs !== undefined && <> At this rate the backlog is drained in {duration(doneInMs)}.</>}
      </p>
      <Notice error={error} />
      {one.set.map(({ by, at, why }) => (
        <p key={at} class="muted">
          Set by {by} <Time at={at} />
          {why ? `: ${why}` : ""}
        </p>
      ))}
      <ol class="layers">
        <Layer name="Frontend" held={settings.dedupeForMs > 0 ? "One task an id" : "No deduplication"}>
          {settings.dedupeForMs > 0 && `for ${duration(settings.dedupeForMs)}, `}
          up to {grouped(Math.ceil(settings.maxPayloadBytes / 1_024))} KiB an event
        </Layer>
        <Layer name="Scheduler" held={counted(one.delayed, "delayed", "delayed")}>
          {one.firstDueAt
            ? `First due at ${new Date(one.firstDueAt).toLocaleTimeString()}`
            : "Nothing waits for its time"}
          {settings.ordered ? "; in order of keys" : ""}
        </Layer>
        <Layer name="Flow control" held={`${short(one.inFlight)} running`}>
          At most {grouped(one.maxInFlight.now)} in a process
          {one.rate.now ? `; ${one.rate.now}` : "; no rate"}
          {one.maxInFlightTotal.now === null ? "" : `; ${grouped(one.maxInFlightTotal.now)} in all`}
          {settings.fair ? "; turns by tenant" : ""}
        </Layer>
        <Layer name="Delivery" held={counted(one.backlog, "to do", "to do")}>
          {counted(declared.maxRetries, "retry", "retries")}, then{" "}
          <a href={linkTo(["dead-letters", place])}>{counted(one.deadLetters, "dead letter")}</a>
        </Layer>
        <Layer name="Execution" held={counted(one.workers, "worker")}>
          {declared.target ? "By a target" : "In the worker"}, {duration(declared.timeoutMs)} a try
        </Layer>
      </ol>
      <div class="charts">
        <Chart
          title="Backlog"
          times={times}
          lines={[
            { label: "to do", color: "--series-1", values: line("backlog") },
            { label: "delayed", color: "--series-2", values: line("delayed") },
          ]}
        />
        <Chart
          title="Work"
          times={times}
          lines={[
            { label: "running", color: "--series-1", values: line("inFlight") },
            { label: "dead letters", color: "--series-3", values: line("deadLetters") },
          ]}
        />
      </div>
    </section>
  );
}

function Layer(props: { readonly name: string; readonly held: string; readonly children: preact.ComponentChildren }) {
  return (
    <li class="layer">
      <h3>{props.name}</h3>
      <p class="held-now">{props.held}</p>
      <p class="muted">{props.children}</p>
    </li>
  );
}

type ChangePlace = (name: string, body: object) => Promise<void>;

function LimitButton({ one, change }: { readonly one: SubscriberNow; readonly change: ChangePlace }) {
  const isChanged = one.maxInFlight.now !== one.maxInFlight.declared || one.rate.now !== one.rate.declared;
  return (
    <>
      <button
        type="button"
        class="button"
        onClick={async () => {
          const most = await ask(
            `Limit ${nameOf(one)}`,
            `At most so many in flight in a process, in the place of ${grouped(one.maxInFlight.declared)} as declared.`,
            "In flight",
          );
          if (most) await change("limit", { maxInFlight: most });
        }}
      >
        Limit
      </button>
      {isChanged && (
        <ConfirmButton
          label="Clear limits"
          question={`Go by what ${nameOf(one)} declares?`}
          then={() => change("limit", { clear: true })}
        />
      )}
    </>
  );
}
