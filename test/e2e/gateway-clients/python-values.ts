import { type PythonNames, pythonNames, pythonText } from "../../../compiler/emit/python/names.ts";
import { variantsOf } from "../../../compiler/emit/python/types.ts";
import type { Message, Type, UseCase } from "../../../compiler/model/model.ts";
import { rootOf } from "../../../compiler/model/root.ts";
import { variantOf } from "../../compiler/emit/protobuf-es.ts";

/** The expression of Python that makes an event as the client takes it. Dates lose nothing: they hold milliseconds. */
export function pythonEvent(useCase: UseCase, value: unknown): string {
  const { event } = useCase;
  const names: PythonNames = pythonNames(useCase.name, event);
  const scope = { event, names };

  function literal(value: unknown): string {
    if (value === null || value === undefined) return "None";
    if (typeof value === "string") return pythonText(value);
    if (typeof value === "boolean") return value ? "True" : "False";
    if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
    if (typeof value === "object") {
      return `{${Object.entries(value)
        .map(([key, part]) => `${pythonText(key)}: ${literal(part)}`)
        .join(", ")}}`;
    }
    return Object.is(value, -0) ? "-0.0" : String(value);
  }

  function expression(value: unknown, type: Type): string {
    switch (type.kind) {
      case "timestamp": {
        const at = value as Date;
        const parts = [
          at.getUTCFullYear(),
          at.getUTCMonth() + 1,
          at.getUTCDate(),
          at.getUTCHours(),
          at.getUTCMinutes(),
        ];
        const rest = [at.getUTCSeconds(), at.getUTCMilliseconds() * 1_000];
        return `datetime.datetime(${[...parts, ...rest].join(", ")}, tzinfo=datetime.timezone.utc)`;
      }
      case "bytes":
        return `bytes([${(value as Uint8Array).join(", ")}])`;
      case "array":
        return `[${(value as unknown[]).map((item) => expression(item, type.items)).join(", ")}]`;
      case "record": {
        const entries = Object.entries(value as object).filter(([, item]) => item !== undefined);
        return `{${entries.map(([key, item]) => `${pythonText(key)}: ${expression(item, type.values)}`).join(", ")}}`;
      }
      case "nullable":
        return value === null ? "None" : expression(value, type.of);
      case "message":
        return messageExpression(value, event.messages.find(({ name }) => name === type.name)!);
      case "union": {
        const union = event.unions.find(({ name }) => name === type.name)!;
        if (variantsOf(union, scope) === undefined) throw new Error("as JSON");
        return expression(value, variantOf(value, union, event).type);
      }
      default:
        return literal(value);
    }
  }

  function messageExpression(value: unknown, message: Message): string {
    if (message.tuple) {
      const items = (value as readonly unknown[]).map((item, i) => {
        const field = message.fields[Math.min(i, message.fields.length - 1)]!;
        const type =
          message.tuple!.isOpen && i >= message.fields.length - 1 && field.type.kind === "array"
            ? field.type.items
            : field.type;
        return item === undefined ? "None" : expression(item, type);
      });
      return `[${items.join(", ")}]`;
    }
    const fields = message.fields.flatMap((field) => {
      const own = Object.getOwnPropertyDescriptor(value as object, field.name)?.value;
      if (own === undefined) return [];
      return [`${names.field(message, field)}=${expression(own, field.type)}`];
    });
    return `${names.type(message.name)}(${fields.join(", ")})`;
  }

  return expression(value, rootOf(event));
}
