import { chmod, copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { downloadGoModule } from "./go-build.ts";
import { installPart, type Part } from "./part-cache.ts";
import { runTool } from "./run-tool.ts";

/** The same as that of the SDK in package.json: what Pulumi asks a provider for. */
const VERSION = "4.34.2";
/** The one version of the provider's sources that the module proxy has, of January 2026. */
const COMMIT = "v4.0.0-20260115033456-f47bc2d6f199";
const REPOSITORY = "github.com/pulumi/pulumi-kubernetes";
/** Its go.mod takes the SDK from a folder beside it, which the module does not have; a later SDK does not compile with it. */
const SDK = "v4.22.2";

const PROVIDER: Part = {
  name: "pulumi-resource-kubernetes",
  version: `${VERSION}-${COMMIT.slice(-12)}`,
  takes: "10 minutes",
  async build(folder, log) {
    const provider = `${REPOSITORY}/provider/v4`;
    const at = { cwd: folder, log, env: { GOFLAGS: "-buildvcs=false -mod=mod" } };
    await writeFile(join(folder, "go.mod"), "module fivefold.test/provider\n\ngo 1.21\n");
    const { Dir } = await downloadGoModule(`${provider}@${COMMIT}`, folder, log);
    const command = join(Dir, "cmd", "pulumi-resource-kubernetes");
    const sources = [join(Dir, "go.mod"), join(Dir, "go.sum"), join(command, "main.go")];
    for (const [index, name] of ["go.mod", "go.sum", "main.go"].entries()) {
      await copyFile(sources[index] as string, join(folder, name));
      await chmod(join(folder, name), 0o644);
    }
    const schema = JSON.parse(await readFile(join(command, "schema.json"), "utf8")) as object;
    await writeFile(join(folder, "schema-embed.json"), JSON.stringify({ ...schema, version: VERSION }));
    await copyFile(join(command, "terraform-mapping.json"), join(folder, "terraform-mapping-embed.json"));
    const sdk = `${REPOSITORY}/sdk/v4`;
    const edits = ["-module", "fivefold.test/provider", "-dropreplace", sdk, `-replace=${sdk}=${sdk}@${SDK}`];
    await runTool("go", ["mod", "edit", ...edits, "-require", `${provider}@${COMMIT}`], at);
    const define = `-s -w -X ${provider}/pkg/version.Version=${VERSION}`;
    const program = join(folder, "pulumi-resource-kubernetes");
    await runTool("go", ["build", "-trimpath", "-ldflags", define, "-o", program, "."], { ...at, attempts: 3 });
  },
};

/** Builds Pulumi's own Kubernetes provider, whose program is in no package registry. Resolves with its path. */
export async function installKubernetesProvider(): Promise<string> {
  return join(await installPart(PROVIDER), "pulumi-resource-kubernetes");
}
