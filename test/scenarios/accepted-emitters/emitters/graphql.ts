import { type Emitter, GENERATED_MARK, type Type, type UseCase } from "fivefold/config";

/** Writes events as GraphQL's input types. */
export function graphql(): Emitter {
  return { name: "graphql", emit: (useCases) => useCases.map(fileOf) };
}

function fileOf({ name, event }: UseCase) {
  const types = event.messages.map((message) => {
    const fields = message.fields.map((field) => `  ${field.name}: ${typeOf(field.type)}${field.optional ? "" : "!"}`);
    return `input ${message.name} {\n${fields.join("\n")}\n}\n`;
  });
  return { path: `${name}.graphql`, text: `# ${GENERATED_MARK}.\n\n${types.join("\n")}` };
}

function typeOf(type: Type): string {
  switch (type.kind) {
    case "text":
      return "String";
    case "boolean":
      return "Boolean";
    case "int":
      return type.wire === "int32" ? "Int" : "Float";
    case "array":
      return `[${typeOf(type.items)}!]`;
    default:
      return "JSON";
  }
}
