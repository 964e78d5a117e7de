/** How a changeset becomes a line of CHANGELOG.md: its text, without the commit that added it. `.changeset/config.json` names this. */
export default {
  getReleaseLine: async ({ summary }: { readonly summary: string }): Promise<string> =>
    `- ${summary.trim().replaceAll("\n", "\n  ")}`,
  /** The package is the only one of the repository: nothing here depends on another's version. */
  getDependencyReleaseLine: async (): Promise<string> => "",
};
