import { useEffect, useState } from "preact/hooks";
import { ask } from "./confirm.tsx";
import { act, type Letter, type LetterGroup, type LetterList, type Snapshot } from "./server.ts";
import { linkTo, useAsked } from "./state.ts";
import { counted, Empty, grouped, Notice, nameOf, Time } from "./words.tsx";

interface Props {
  /** `use-case/subscriber`; empty: all. */
  readonly place: string;
  readonly query: URLSearchParams;
  readonly snapshot: Snapshot | undefined;
  readonly canAct: boolean;
}

interface Filter {
  readonly id: string;
  readonly key: string;
  readonly tenant: string;
  readonly where: string;
}

const FIELDS = [
  { name: "id", label: "Task id", hint: "" },
  { name: "key", label: "Key", hint: "" },
  { name: "tenant", label: "Tenant", hint: "" },
  { name: "where", label: "Payload", hint: "customer.id=42" },
] as const;

const filterIn = (query: URLSearchParams): Filter => ({
  id: query.get("id") ?? "",
  key: query.get("key") ?? "",
  tenant: query.get("tenant") ?? "",
  where: query.get("where") ?? "",
});

export function DeadLetters({ place, query, snapshot, canAct }: Props) {
  const filter = filterIn(query);
  const asked = useAsked<{ readonly lists: readonly LetterList[] }>("dead-letters", { place, ...filter });
  const [done, setDone] = useState("");
  const [error, setError] = useState<Error>();
  const all = snapshot?.subscribers.reduce((sum, { deadLetters }) => sum + deadLetters, 0) ?? 0;
  // What workers give up meanwhile, and what was taken, shows.
  useEffect(() => asked.again(), [all]);
  const lists = (asked.answer?.lists ?? []).filter(({ count }) => count > 0);
  const isFiltered = Object.values(filter).some(Boolean);

  async function take(action: "redrive" | "discard", list: LetterList, group?: LetterGroup) {
    const one = {
      place: `${list.useCase}/${list.subscriber}`,
      ...given(filter),
      ...(group && { signature: group.signature }),
    };
    try {
      const { count } = await act<{ count: number }>(action, { ...one, dryRun: true });
      const letters = counted(count, "dead letter");
      const [title, text] =
        action === "redrive"
          ? [`Redrive ${letters}?`, `They go to ${nameOf(list)} again, with all tries.`]
          : [`Discard ${letters}?`, `They are forgotten for good; the audit log has their ids.`];
      if ((await ask(title, text, undefined, action === "discard")) === undefined) return;
      const taken = await act<{ count: number }>(action, { ...one, dryRun: false });
      setDone(
        `${counted(taken.count, "dead letter")} of ${nameOf(list)} ${action === "redrive" ? "handed on again" : "forgotten"}.`,
      );
      setError(undefined);
      asked.again();
    } catch (cause) {
      setError(cause as Error);
    }
  }

  return (
    <>
      <div class="head">
        <div>
          <h1>Dead letters</h1>
          <p class="lead">
            {place ? (
              <>
                Of <strong>{place.replace(/\/default$/, "")}</strong>. <a href={linkTo(["dead-letters"])}>Show all</a>
              </>
            ) : (
              "Tasks that were given up, by their cause."
            )}
          </p>
        </div>
      </div>
      <FilterForm {...{ place, filter }} />
      <p class="done" role="status">
        {done}
      </p>
      <Notice error={error ?? asked.error} />
      {asked.answer && lists.length === 0 && (
        <Empty title={isFiltered ? "No dead letter is like that" : "No dead letters"}>
          {isFiltered ? "Leave a part of the filter out." : "Nothing was given up."}
        </Empty>
      )}
      {lists.map((list) => (
        <section key={nameOf(list)} class="card" aria-labelledby={`letters-${nameOf(list)}`}>
          <div class="card-head">
            <h2 id={`letters-${nameOf(list)}`}>
              <a href={linkTo(["use-case", list.useCase])}>{nameOf(list)}</a>{" "}
              <span class="muted">{counted(list.count, "dead letter")}</span>
            </h2>
            {canAct && list.groups.length > 1 && (
              <div class="actions">
                <button type="button" class="button" onClick={() => take("redrive", list)}>
                  Redrive all {grouped(list.count)}
                </button>
              </div>
            )}
          </div>
          {list.groups.map((group) => (
            <Group
              key={group.signature}
              {...{ list, group, filter, canAct }}
              take={(action) => take(action, list, group)}
            />
          ))}
        </section>
      ))}
    </>
  );
}

const given = (filter: Filter) => Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ""));

function FilterForm({ place, filter }: { readonly place: string; readonly filter: Filter }) {
  return (
    <form
      class="filter"
      onSubmit={(event) => {
        event.preventDefault();
        const fields = new FormData(event.currentTarget as HTMLFormElement);
        const words = Object.fromEntries(
          [...fields].flatMap(([name, value]) => (value === "" ? [] : [[name, String(value)]])),
        );
        location.hash = linkTo(place ? ["dead-letters", place] : ["dead-letters"], words);
      }}
    >
      {FIELDS.map(({ name, label, hint }) => (
        <label key={name} class="field">
          <span>{label}</span>
          <input name={name} defaultValue={filter[name]} placeholder={hint} autocomplete="off" spellcheck={false} />
        </label>
      ))}
      <button type="submit" class="button">
        Filter
      </button>
    </form>
  );
}

interface GroupProps {
  readonly list: LetterList;
  readonly group: LetterGroup;
  readonly filter: Filter;
  readonly canAct: boolean;
  take(action: "redrive" | "discard"): void;
}

function Group({ list, group, filter, canAct, take }: GroupProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div class="group">
      <div class="group-head">
        <button type="button" class="plain fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <span class="chevron" aria-hidden="true" />
          <b>{grouped(group.count)}</b> × {group.reason}: <span class="message">{group.text}</span>
        </button>
        {canAct && (
          <div class="actions">
            <button type="button" class="button" onClick={() => take("redrive")}>
              Redrive
            </button>
            <button type="button" class="button" onClick={() => take("discard")}>
              Discard
            </button>
          </div>
        )}
      </div>
      <p class="muted group-facts">
        <code>{group.signature}</code> · last <Time at={group.lastAt} /> · event version {group.versions.join(", ")}
      </p>
      {isOpen && <Letters place={`${list.useCase}/${list.subscriber}`} signature={group.signature} filter={filter} />}
    </div>
  );
}

function Letters({
  place,
  signature,
  filter,
}: {
  readonly place: string;
  readonly signature: string;
  readonly filter: Filter;
}) {
  const { answer, error } = useAsked<{ readonly letters: readonly Letter[] }>("letters", {
    place,
    signature,
    ...filter,
    limit: "20",
  });
  return (
    <>
      <Notice error={error} />
      <ul class="letters">
        {answer?.letters.map((letter) => (
          <li key={`${letter.id} ${letter.failedAt}`}>
            <div class="letter-head">
              <a href={linkTo(["task", letter.id])}>
                <code>{letter.id}</code>
              </a>
              <span class="muted">
                {counted(letter.tries, "try", "tries")}, given up <Time at={letter.failedAt} />
                {letter.key && `, key ${letter.key}`}
                {letter.tenant && `, tenant ${letter.tenant}`}
              </span>
              <a href={linkTo(["send", letter.useCase], { event: JSON.stringify(letter.event ?? {}) })}>
                Send again as new
              </a>
            </div>
            <p class="message">{letter.message}</p>
            <pre>
              {letter.undecodable ? `can't be decoded: ${letter.undecodable}` : JSON.stringify(letter.event, null, 2)}
            </pre>
          </li>
        ))}
      </ul>
    </>
  );
}
