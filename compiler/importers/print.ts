import { compile, type Options } from "json-schema-to-typescript";
import type { Declaration } from "./shape.ts";

/** As Biome and Prettier lay code out at 120 columns. */
const OPTIONS: Partial<Options> = {
  additionalProperties: false,
  bannerComment: "",
  style: { printWidth: 120, bracketSpacing: true },
  // All that it may read is handed over.
  $refOptions: { resolve: { external: false } },
};

/**
 * The declarations as TypeScript. json-schema-to-typescript writes them: a schema each, whose types are given by their
 * texts, since of a schema's rules it would keep none.
 */
export async function printDeclarations(declarations: readonly Declaration[]): Promise<string> {
  const texts: string[] = [];
  for (const declaration of declarations) texts.push(await printOne(declaration));
  return texts.join("\n\n");
}

async function printOne(declaration: Declaration): Promise<string> {
  const text = await compile(schemaOf(declaration), "Declaration", OPTIONS);
  return text
    .trim()
    .replace(/^export (interface|type) \w+/m, (_, kind: string) => `export ${kind} ${declaration.name}`)
    .replace(/^( *)\/\*\*\n *\* (.*)\n *\*\/$/gm, (comment, indent: string, line: string) => {
      const short = `${indent}/** ${line} */`;
      return short.length <= 120 ? short : comment;
    });
}

function schemaOf(declaration: Declaration) {
  const doc = declaration.doc === "" ? {} : { description: declaration.doc };
  if (declaration.kind === "alias") return { ...doc, tsType: declaration.shape.text };
  const properties = declaration.fields.map(({ name, shape, doc }) => {
    return [name, { tsType: shape.text, ...(doc !== "" && { description: doc }) }] as const;
  });
  return {
    ...doc,
    type: "object" as const,
    properties: Object.fromEntries(properties),
    required: declaration.fields.filter(({ optional }) => !optional).map(({ name }) => name),
  };
}
