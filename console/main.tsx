import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { DeadLetters } from "./dead-letters.tsx";
import { Operations } from "./operations.tsx";
import { Overview } from "./overview.tsx";
import { Send } from "./send.tsx";
import type { Project, SubscriberNow } from "./server.ts";
import { linkTo, useAsked, useLive, useRoute } from "./state.ts";
import { TaskPage } from "./task.tsx";
import { UseCasePage } from "./use-case.tsx";
import { Dot, Notice, short, type Tone, toneOf } from "./words.tsx";

const PAGES = [
  { path: "overview", label: "Overview", key: "o" },
  { path: "dead-letters", label: "Dead letters", key: "d" },
  { path: "task", label: "Tasks", key: "t" },
  { path: "send", label: "Send", key: "s" },
  { path: "operations", label: "Operations", key: "p" },
] as const;

const WORST: readonly Tone[] = ["bad", "held", "good", "quiet"];
const worstOf = (subscribers: readonly SubscriberNow[]): Tone =>
  WORST.find((tone) => subscribers.some((one) => toneOf(one) === tone)) ?? "quiet";

type Theme = "system" | "light" | "dark";
const NEXT: Readonly<Record<Theme, Theme>> = { system: "dark", dark: "light", light: "system" };

function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(() => (localStorage.getItem("theme") as Theme | null) ?? "system");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
  }, [theme]);
  return [theme, () => setTheme(NEXT[theme])];
}

/** One letter leads to a page, where nobody is typing; `/` finds a task. */
function usePageKeys(): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      const page = event.key === "/" ? "task" : PAGES.find(({ key }) => key === event.key)?.path;
      if (!page) return;
      event.preventDefault();
      location.hash = linkTo([page]);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}

function Console() {
  const route = useRoute();
  const live = useLive();
  const project = useAsked<Project>("project");
  const [theme, changeTheme] = useTheme();
  usePageKeys();
  const [page = "overview", name = ""] = route.path;
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    main.current?.scrollTo(0, 0);
    const title = name || (PAGES.find(({ path }) => path === page)?.label ?? "Fivefold");
    document.title = `${title} · Fivefold`;
  }, [page, name]);
  const { answer, error } = project;
  const subscribers = live.snapshot?.subscribers ?? [];
  const canAct = answer?.person.role === "operator";

  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header class="side">
        <a class="brand" href={linkTo(["overview"])}>
          <img src="/icon.svg" alt="" width="22" height="22" />
          Fivefold
        </a>
        <nav aria-label="Pages">
          <ul>
            {PAGES.map(({ path, label, key }) => (
              <li key={path}>
                <a href={linkTo([path])} aria-current={page === path ? "page" : undefined}>
                  {label}
                  <kbd>{key}</kbd>
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <nav class="use-cases" aria-label="Use cases">
          <h2>Use cases</h2>
          <ul>
            {answer?.useCases.map((one) => {
              const own = subscribers.filter(({ useCase }) => useCase === one.name);
              const waits = own.reduce((sum, { backlog }) => sum + backlog, 0);
              const isCurrent = page === "use-case" && name === one.name;
              return (
                <li key={one.name}>
                  <a href={linkTo(["use-case", one.name])} aria-current={isCurrent ? "page" : undefined}>
                    <Dot tone={worstOf(own)} />
                    <span class="clip">{one.name}</span>
                    {waits > 0 && <span class="count">{short(waits)}</span>}
                  </a>
                </li>
              );
            })}
          </ul>
        </nav>
        <footer>
          <span class="clip" title={answer?.person.name}>
            {answer && (canAct ? answer.person.name : `${answer.person.name} (may look)`)}
          </span>
          <button type="button" class="plain" onClick={changeTheme} title="light, dark, or as the system has it">
            {theme === "system" ? "Auto" : theme === "dark" ? "Dark" : "Light"}
          </button>
        </footer>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {!live.isConnected && (
          <p class="notice" role="status">
            The server does not answer now. What you see is as it was.
          </p>
        )}
        <Notice error={error} />
        {answer && <Page page={page} name={name} query={route.query} project={answer} live={live} canAct={canAct} />}
      </main>
    </>
  );
}

interface PageProps {
  readonly page: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly project: Project;
  readonly live: ReturnType<typeof useLive>;
  readonly canAct: boolean;
}

function Page({ page, name, query, project, live: { snapshot }, canAct }: PageProps) {
  const useCase = project.useCases.find((one) => one.name === name);
  if (page === "use-case" && useCase) return <UseCasePage {...{ useCase, project, snapshot, canAct }} key={name} />;
  if (page === "dead-letters") return <DeadLetters {...{ place: name, query, snapshot, canAct }} />;
  if (page === "task") return <TaskPage {...{ id: name, canAct }} />;
  if (page === "send") return <Send {...{ project, name, query, canAct }} />;
  if (page === "operations") return <Operations {...{ snapshot, canAct }} />;
  return <Overview {...{ project, snapshot }} />;
}

render(<Console />, document.getElementById("console")!);
