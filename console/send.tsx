import { useEffect, useState } from "preact/hooks";
import { exampleOf, faultsIn, type Schema } from "./schema.ts";
import { SchemaForm } from "./schema-form.tsx";
import { act, type Project } from "./server.ts";
import { linkTo, useAsked } from "./state.ts";
import { Notice } from "./words.tsx";

interface Props {
  readonly project: Project;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly canAct: boolean;
}

interface Receipt {
  readonly receipt: { readonly id: string; readonly duplicate: boolean };
}

export function Send({ project, name, query, canAct }: Props) {
  const chosen = name || project.useCases[0]?.name || "";
  return (
    <>
      <div class="head">
        <div>
          <h1>Send</h1>
          <p class="lead">An event, as a program of the project would enqueue it.</p>
        </div>
      </div>
      <label class="field">
        <span>Use case</span>
        <select value={chosen} onChange={(event) => (location.hash = linkTo(["send", event.currentTarget.value]))}>
          {project.useCases.map((one) => (
            <option key={one.name}>{one.name}</option>
          ))}
        </select>
      </label>
      {chosen && <EventForm key={chosen} useCase={chosen} given={query.get("event")} canAct={canAct} />}
    </>
  );
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function EventForm({ useCase, given, canAct }: { useCase: string; given: string | null; canAct: boolean }) {
  const { answer, error } = useAsked<{ readonly schema: Schema }>("form", { useCase });
  const [event, setEvent] = useState<unknown>(() => parsed(given));
  const [delay, setDelay] = useState("");
  const [sent, setSent] = useState<Receipt>();
  const [failed, setFailed] = useState<Error>();
  const schema = answer?.schema;
  useEffect(() => {
    if (schema) setEvent((now: unknown) => now ?? exampleOf(schema, schema));
  }, [schema]);
  if (!schema || event === undefined) return <Notice error={error} />;
  const faults = faultsIn(event, schema, schema);

  async function send(): Promise<void> {
    try {
      setFailed(undefined);
      setSent(await act<Receipt>("enqueue", { useCase, event, ...(delay && { delay }) }));
    } catch (cause) {
      setSent(undefined);
      setFailed(cause as Error);
    }
  }

  return (
    <form
      class="send"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        send();
      }}
    >
      <div class="send-form">
        <SchemaForm {...{ schema, root: schema, value: event, change: setEvent, label: useCase }} />
        <label class="field">
          <span>Delay</span>
          <input
            value={delay}
            placeholder="none, or 30s, 5m, 2h"
            onInput={(typed) => setDelay(typed.currentTarget.value)}
          />
        </label>
        <Notice error={failed} />
        <p class="done" role="status">
          {sent && (
            <>
              {sent.receipt.duplicate ? "It was enqueued before as " : "Enqueued as "}
              <a href={linkTo(["task", sent.receipt.id])}>
                <code>{sent.receipt.id}</code>
              </a>
              .
            </>
          )}
        </p>
        <div class="actions">
          <button type="submit" class="button primary" disabled={!canAct || faults.length > 0}>
            Send
          </button>
        </div>
      </div>
      <section class="send-json" aria-label="As JSON">
        <h2>As JSON</h2>
        <pre>{JSON.stringify(event, null, 2)}</pre>
        <ul class="faults" aria-live="polite">
          {faults.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      </section>
    </form>
  );
}
