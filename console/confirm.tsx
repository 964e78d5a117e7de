import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface QuestionProps {
  readonly title: string;
  readonly text: string;
  /** Asks for a text as well. */
  readonly label: string | undefined;
  readonly isGrave: boolean;
  answer(text: string | undefined): void;
}

function Question({ title, text, label, isGrave, answer }: QuestionProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={() => answer(undefined)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          answer(input.current?.value ?? "");
        }}
      >
        <h2 id="question">{title}</h2>
        <p>{text}</p>
        {label && (
          <label class="field">
            <span>{label}</span>
            <input ref={input} name="answer" autocomplete="off" />
          </label>
        )}
        <div class="actions end">
          <button type="button" class="button" onClick={() => answer(undefined)}>
            Cancel
          </button>
          <button type="submit" class={`button ${isGrave ? "grave" : "primary"}`}>
            {title.split(" ")[0]}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** Asks before something is done. `undefined`: not to be done; else what was written, where `label` asks for it. */
export function ask(title: string, text: string, label?: string, isGrave = false): Promise<string | undefined> {
  const place = document.body.appendChild(document.createElement("div"));
  const before = document.activeElement;
  return new Promise((resolve) => {
    const answer = (given: string | undefined) => {
      render(null, place);
      place.remove();
      if (before instanceof HTMLElement) before.focus();
      resolve(given);
    };
    render(<Question {...{ title, text, label, isGrave, answer }} />, place);
  });
}

interface ConfirmProps {
  readonly label: string;
  readonly question: string;
  then(): Promise<void>;
}

export function ConfirmButton({ label, question, then }: ConfirmProps) {
  return (
    <button
      type="button"
      class="button"
      onClick={async () => {
        if ((await ask(question, "It holds in all workers within two seconds.")) !== undefined) await then();
      }}
    >
      {label}
    </button>
  );
}
