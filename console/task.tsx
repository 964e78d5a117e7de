import { useEffect, useRef, useState } from "preact/hooks";
import { act } from "./server.ts";
import { linkTo, useAsked } from "./state.ts";
import { Empty, Notice, Prose } from "./words.tsx";

interface TaskFound {
  readonly id: string;
  readonly answers: readonly {
    readonly useCase: string;
    readonly subscriber: string;
    readonly reason: string;
    readonly text: string;
    readonly attempt: number;
  }[];
}

export function TaskPage({ id, canAct }: { readonly id: string; readonly canAct: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <>
      <div class="head">
        <div>
          <h1>Tasks</h1>
          <p class="lead">Where a task is, and why it has not run.</p>
        </div>
      </div>
      <form
        class="filter"
        onSubmit={(event) => {
          event.preventDefault();
          location.hash = linkTo(["task", input.current!.value.trim()]);
        }}
      >
        <label class="field wide">
          <span>Task id</span>
          <input ref={input} name="id" key={id} defaultValue={id} autocomplete="off" spellcheck={false} />
        </label>
        <button type="submit" class="button primary">
          Find
        </button>
      </form>
      {id ? <Found id={id} canAct={canAct} /> : <Empty title="Which task?">Its id is what its enqueue answered.</Empty>}
    </>
  );
}

function Found({ id, canAct }: { readonly id: string; readonly canAct: boolean }) {
  const { answer, error, isBusy, again } = useAsked<TaskFound>("task", { id });
  const [done, setDone] = useState("");
  const [failed, setFailed] = useState<Error>();
  if (isBusy && !answer) return <p class="muted">Asking the workers…</p>;
  const change = async (name: string, body: object) => {
    try {
      setDone(`It is ${(await act<{ answer: string }>(name, body)).answer}.`);
      again();
    } catch (cause) {
      setFailed(cause as Error);
    }
  };
  return (
    <>
      <Notice error={error ?? failed} />
      <p class="done" role="status">
        {done}
      </p>
      {answer?.answers.length === 0 && (
        <Empty title="It is nowhere">
          It has run, was cancelled, or never was. What has run is kept for a while only.
        </Empty>
      )}
      {answer?.answers.map(({ useCase, subscriber, reason, text, attempt }) => (
        <section key={`${useCase}/${subscriber}`} class="card" aria-label={`${useCase}/${subscriber}`}>
          <div class="card-head">
            <h2>
              <a href={linkTo(["use-case", useCase])}>{useCase}</a>
              {subscriber === "default" ? "" : `/${subscriber}`} <span class="muted">try {attempt}</span>
            </h2>
            {canAct && reason === "not-due" && (
              <div class="actions">
                <button
                  type="button"
                  class="button"
                  onClick={() => change("reschedule", { useCase, id, at: new Date().toISOString() })}
                >
                  Run now
                </button>
                <button type="button" class="button" onClick={() => change("cancel", { useCase, id })}>
                  Cancel
                </button>
              </div>
            )}
          </div>
          <p class="verdict">
            <Prose text={text} />
          </p>
        </section>
      ))}
    </>
  );
}
