import { join } from "node:path";
import { buildGoPrograms } from "./go-build.ts";
import { installPart, type Part } from "./part-cache.ts";

/** The same as that of the SDK in package.json. */
const VERSION = "3.259.0";
/** The last whose module holds the language host; it speaks the same protocol. */
const LANGUAGE_HOST_VERSION = "3.60.0";

const CLI: Part = {
  name: "pulumi-cli",
  version: VERSION,
  takes: "10 minutes",
  build: (folder, log) =>
    buildGoPrograms({
      folder,
      log,
      programs: { pulumi: `github.com/pulumi/pulumi/pkg/v3/cmd/pulumi@v${VERSION}` },
      define: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${VERSION}` },
    }),
};

const LANGUAGE_HOST: Part = {
  name: "pulumi-language-nodejs",
  version: LANGUAGE_HOST_VERSION,
  takes: "2 minutes",
  build: (folder, log) =>
    buildGoPrograms({
      folder,
      log,
      programs: {
        "pulumi-language-nodejs": `github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs@v${LANGUAGE_HOST_VERSION}`,
      },
    }),
};

export interface PulumiPrograms {
  readonly cli: string;
  readonly languageHost: string;
}

/** Builds Pulumi's CLI and its Node.js language host. Resolves with their paths. */
export async function installPulumi(): Promise<PulumiPrograms> {
  return {
    cli: join(await installPart(CLI), "pulumi"),
    languageHost: join(await installPart(LANGUAGE_HOST), "pulumi-language-nodejs"),
  };
}
