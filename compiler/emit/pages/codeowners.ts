import type { UseCase } from "../../model/model.ts";
import type { Output } from "../../model/output.ts";
import { remembered, rememberedText } from "../../model/remembered.ts";
import { mark } from "../../text/source.ts";
import { packageName } from "../proto/proto-names.ts";

/**
 * `CODEOWNERS`: who reviews what, for GitHub or GitLab, which look for such a file in `.github/`, `.gitlab/`, `docs/` or
 * the root, and so take no notice of this one before it is copied there.
 */
export function emitCodeOwners(useCases: readonly UseCase[]): Output {
  return { path: "generated/CODEOWNERS", text: ownersText(useCases.map(ownerLines)) };
}

const ownersText = rememberedText((lines) =>
  [
    `# ${mark("usecases/")}`,
    "# Copy it, or append it to yours: .github/CODEOWNERS. In a monorepo, put this folder's path in front.",
    ...lines,
    "",
  ].join("\n"),
);

/** What belongs to a use case, below an empty line. */
const ownerLines = remembered(({ name, file, owner }) => {
  const paths = [`/${file}`, `/generated/${name}/`, `/generated/contracts/${packageName(name)}.*`];
  return ["", ...paths.map((path) => `${escaped(path)} ${ownerOf(owner)}`)].join("\n");
});

/** A handle, as `team` or `organisation/team`, is one of `@`; an e-mail address stays as it is. */
function ownerOf(owner: string): string {
  const name = owner.trim().replace(/\s+/g, "-");
  return name.includes("@") ? name : `@${name}`;
}

function escaped(path: string): string {
  return path.replace(/[ \\#]/g, (character) => `\\${character}`);
}
