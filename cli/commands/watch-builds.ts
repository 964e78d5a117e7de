import { type Build, type Builder, createBuilder } from "../../compiler/build/build-project.ts";
import { type ProjectChange, watchProject } from "../../compiler/build/watch-project.ts";
import { showDiagnostics } from "../diagnostics.ts";
import { colorsOf, say, sayJson } from "../terminal.ts";
import { buildReport, showBuild } from "./build-output.ts";

/** How long files must rest before TypeScript's own errors are looked for: it takes a core for some hundred ms. */
const REST_MS = 200;

/**
 * Looks for TypeScript's own errors behind builds that did not wait for it, one search at a time: a newer build ends
 * the search for an older one.
 */
function createTypeChecking(builder: Builder, found: (build: Build) => void): { start(): void; stop(): void } {
  let search: AbortController | undefined;
  let rest: NodeJS.Timeout | undefined;

  async function check({ signal }: AbortController): Promise<void> {
    const build = await builder.checkTypes(signal);
    if (signal.aborted) return;
    // Warnings have been told by the build.
    if (build.compilation.diagnostics.some(({ severity }) => severity === "error")) found(build);
  }

  function stop(): void {
    clearTimeout(rest);
    search?.abort();
  }

  return {
    stop,
    start() {
      stop();
      const next = new AbortController();
      search = next;
      // What the build itself can't do, the next one will say.
      rest = setTimeout(() => void check(next).catch(() => {}), REST_MS).unref();
    },
  };
}

/** `fivefold build --watch`: builds at every change until it is ended. */
export async function watchBuilds(root: string, { json }: { json: boolean }): Promise<void> {
  const builder = createBuilder(root);
  const changes = watchProject(root, builder);
  const { dim } = colorsOf(process.stdout);
  const typeChecking = createTypeChecking(builder, (build) => {
    if (json) sayJson(buildReport(build, { check: true }));
    else showDiagnostics(build.compilation, { written: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => changes.close());
  let change: ProjectChange | undefined;
  do {
    typeChecking.stop();
    const build = await builder.build({ types: false, outputs: change?.outputs });
    changes.follow(build);
    if (json) sayJson(buildReport(build, { check: false }));
    else showBuild(build);
    if (build.difference) typeChecking.start();
    if (!json) say(dim("Watching usecases/ and what it imports, Ctrl+C to end."));
    change = await changes.next();
  } while (change);
  typeChecking.stop();
  builder.keep();
}
