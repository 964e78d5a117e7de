import { error, warning } from "./entry.ts";

/** Faults of files and of the project as a whole. */
export const PROJECT = {
  "no-use-cases": warning<{ folder: string }>(
    ({ folder }) => `No use case was found below '${folder}/', so there is nothing to generate.`,
    () => "Write one with `fivefold new <name>`.",
  ),
  "unreadable-file": error<{ reason: string }>(
    ({ reason }) => `The file can't be read: ${reason}.`,
    () => "Make it a readable UTF-8 text file, or remove it.",
  ),
  "linked-file": error<{ path: string; target: string }>(
    ({ path, target }) =>
      `'${path}' is a link to '${target}'. The compiler follows no link there: what it leads to may be no part of the project.`,
    () =>
      "Put the file or folder itself there. What several projects share belongs in a package: node_modules may link it.",
  ),
  "file-not-taken": warning<Record<never, never>>(
    () => "This file calls useCase, and becomes no use case: that is a file whose name ends in .ts, .tsx or .mts.",
    () => "Write it in TypeScript, or move it out of usecases/.",
  ),
  "unloadable-import": error<{ specifier: string; reason: string }>(
    ({ specifier, reason }) => `'${specifier}' is imported when the use case runs, and ${reason}.`,
    () => "Import what is there, with `import type` where only its types are needed; read other files with `readFile`.",
  ),
  "generated-import": error<{
    specifier: string;
    /** The use case that is meant: a name for it, and its module, or `undefined` where it is the same one. */
    instead: { readonly name: string; readonly module: string | undefined } | undefined;
  }>(
    ({ specifier }) =>
      `'${specifier}' is written by a build, and a use case must build without it: it has the types of the last build, and is not there before the first.`,
    ({ instead }) => {
      if (!instead) return "Import what it is made of: the use case's own module, for its event's type too.";
      const { name, module } = instead;
      return module === undefined
        ? `To enqueue to itself: \`const ${name}: UseCaseModule<…> = useCase<…>({ … })\`, \`export default ${name}\`, and in the handler \`task.enqueue(${name}, event)\`.`
        : `Import the use case's own module: \`import ${name} from "${module}"\`. A handler enqueues to it by \`task.enqueue(${name}, event)\`, and its event's type is exported there.`;
    },
  ),
  "bad-tsconfig": error<{ reason: string }>(
    ({ reason }) => `The project's TypeScript settings can't be read: ${reason}`,
    () => "Fix tsconfig.json, or remove it: without one the compiler takes strict settings of its own.",
  ),
  "package-not-found": error<{ specifier: string }>(
    ({ specifier }) => `The package '${specifier}' can't be resolved from here, so no use case can be recognised.`,
    ({ specifier }) => `Install it: \`npm install ${specifier}\`.`,
  ),
  "syntax-error": error<{ reason: string }>(
    ({ reason }) => `This is no TypeScript: ${reason}`,
    () => "Fix the syntax. The rest of the file is looked at once it parses.",
  ),
  "type-error": error<{ code: string; reason: string }>(
    ({ code, reason }) => `${reason} (${code})`,
    () => "Fix the types: `tsc` says the same of this file.",
  ),
  "compiled-otherwise": error<{ code: string; reason: string }>(
    ({ code, reason }) =>
      `${reason} (${code}) Modules are compiled one by one here, as bundlers do it: \`tsc\`, which sees all of them, would ` +
      "write something else.",
    () =>
      "Write a literal for the member of a `const enum` that is only declared; give each member of an enum a value; import " +
      "by `import type` what is a type only.",
  ),
  "type-check-failed": error<{ reason: string }>(
    ({ reason }) => `TypeScript's own checks could not run: ${reason}`,
    () => "Fix what it names. What the rest of the compiler found is not affected.",
  ),
  "use-case-not-exported": error<Record<never, never>>(
    () => "This use case is not the module's default export. A file declares one use case, and exports it by default.",
    () => "Write `export default useCase<Event>({ … })`; move a second use case into a file of its own.",
  ),
  "default-export-not-use-case": error<{ found: string }>(
    ({ found }) =>
      `The module's default export is ${found}. Below usecases/ it is a call of useCase, in that same file.`,
    () => "Export `useCase<Event>({ … })` by default; export anything else by name.",
  ),
  "bad-use-case-name": error<{ name: string; rule: string; suggestion: string }>(
    ({ name, rule }) => `The file's path makes the name '${name}', which ${rule}.`,
    ({ suggestion }) => `Rename the file, for example to '${suggestion}'.`,
  ),
  "duplicate-use-case": error<{ name: string; file: string }>(
    ({ name, file }) => `The file's path makes the name '${name}', as '${file}' does. Names are unique.`,
    () => "Rename or move one of the two files.",
  ),
  "duplicate-dead-letter-topic": error<{ topic: string; subscriber: string; other: string; otherUseCase: string }>(
    ({ topic, subscriber, other, otherUseCase }) =>
      `The dead letters of subscriber '${subscriber}' go to the topic '${topic}', as those of subscriber '${other}' of ` +
      `'${otherUseCase}' do. A dead letter topic belongs to one subscriber.`,
    () => "Rename one of the two subscribers, or one of the use cases.",
  ),
};
