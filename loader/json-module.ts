/** A JSON file as an ES module: whole by default, and its keys by name, as bundlers offer them. */
export function jsonModule(text: string): string {
  const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
  const keys = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  const names = keys.filter((key) => key !== "default" && key !== "__proto__");
  // Any string can be an export's name.
  const exports = names.map(
    (key, i) => `const v${i} = json[${JSON.stringify(key)}]; export { v${i} as ${JSON.stringify(key)} };`,
  );
  return [
    `const json = JSON.parse(${JSON.stringify(text.replace(/^\uFEFF/, ""))});`,
    "export default json;",
    ...exports,
  ].join("\n");
}
