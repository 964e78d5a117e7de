import { useEffect, useState } from "preact/hooks";
import { read, type Snapshot } from "./server.ts";

/** The address within the console: `#/use-case/place-order?signature=…`. */
export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const changed = () => setRoute(routeOf(location.hash));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

export function linkTo(path: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  const words = new URLSearchParams(query).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${words ? `?${words}` : ""}`;
}

export interface Live {
  readonly snapshot: Snapshot | undefined;
  readonly isConnected: boolean;
}

/** What the server pushes. The browser connects again by itself. */
export function useLive(): Live {
  const [live, setLive] = useState<Live>({ snapshot: undefined, isConnected: true });
  useEffect(() => {
    const source = new EventSource("/api/live");
    source.onmessage = ({ data }) => setLive({ snapshot: JSON.parse(data), isConnected: true });
    source.onerror = () => setLive(({ snapshot }) => ({ snapshot, isConnected: false }));
    return () => source.close();
  }, []);
  return live;
}

export interface Asked<T> {
  readonly answer: T | undefined;
  readonly error: Error | undefined;
  readonly isBusy: boolean;
  again(): void;
}

/** Asks the server, and again when what is asked changes. */
export function useAsked<T>(name: string, query: Readonly<Record<string, string>> = {}): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, "again">>({ answer: undefined, error: undefined, isBusy: true });
  const [round, setRound] = useState(0);
  const key = JSON.stringify([name, query]);
  useEffect(() => {
    const stop = new AbortController();
    setState(({ answer }) => ({ answer: round > 0 ? answer : undefined, error: undefined, isBusy: true }));
    read<T>(name, query, stop.signal).then(
      (answer) => setState({ answer, error: undefined, isBusy: false }),
      (error: Error) => {
        if (!stop.signal.aborted) setState({ answer: undefined, error, isBusy: false });
      },
    );
    return () => stop.abort();
  }, [key, round]);
  return { ...state, again: () => setRound((now) => now + 1) };
}
