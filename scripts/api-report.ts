/*
 * Holds the public API still: `npm run api` writes what every entry point of package.json exports, with its signatures, to
 * api/; `npm run check` fails where a report differs, so that a change of the API is seen in a review.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Extractor, ExtractorConfig, type ExtractorMessage } from "@microsoft/api-extractor";

const ROOT = join(import.meta.dirname, "..");
const REPORTS = join(ROOT, "api");
/** Within the repository, so that the declarations find node_modules. */
const SCRATCH = join(ROOT, ".fivefold", "api");
const MANIFEST = join(ROOT, "package.json");

const isCheck = process.argv.includes("--check");
const { exports } = JSON.parse(readFileSync(MANIFEST, "utf8")) as { exports: Record<string, string> };
const entryPoints = Object.entries(exports)
  .filter(([, path]) => path.endsWith(".ts"))
  .map(([name, path]) => ({
    report: `${name === "." ? "index" : name.slice(2).replaceAll("/", "-")}.api.md`,
    declarations: join(SCRATCH, path.replace(/\.ts$/, ".d.ts")),
  }));

rmSync(SCRATCH, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });
writeDeclarations();
const changed = entryPoints.filter((entry) => !isReported(entry)).map(({ report }) => report);
const leftover = readdirSync(REPORTS).filter((name) => entryPoints.every(({ report }) => report !== name));
if (!isCheck) for (const name of leftover) rmSync(join(REPORTS, name));
rmSync(SCRATCH, { recursive: true });

const wrong = [...changed, ...leftover].map((name) => `api/${name}`);
if (isCheck && wrong.length > 0) {
  console.error(
    `${wrong.join(", ")}: not what the package exports. If the change of the API is meant, run \`npm run api\`, ` +
      "and commit the reports.",
  );
  process.exitCode = 1;
}

function writeDeclarations(): void {
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const args = ["-p", "tsconfig.build.json", "--emitDeclarationOnly", "--outDir", SCRATCH];
  const { status } = spawnSync(process.execPath, [compiler, ...args], { stdio: "inherit", cwd: ROOT });
  if (status !== 0) process.exit(status ?? 1);
}

/** Without --check, writes the report where it differs. */
function isReported({ report, declarations }: (typeof entryPoints)[number]): boolean {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: declarations,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: {
          compilerOptions: { target: "es2024", module: "nodenext", types: ["node"], strict: true, skipLibCheck: true },
          files: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: report,
        reportFolder: REPORTS,
        reportTempFolder: join(SCRATCH, "reports"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: MANIFEST,
  });
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: !isCheck,
    messageCallback: (message: ExtractorMessage) => {
      // It would advise on TSDoc and on release tags, which this package does not use.
      if (message.logLevel !== "error") message.handled = true;
    },
  });
  return !apiReportChanged;
}
