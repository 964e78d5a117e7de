import { choicesOf, exampleOf, resolved, type Schema } from "./schema.ts";

interface FormProps {
  readonly schema: Schema;
  readonly root: Schema;
  readonly value: unknown;
  readonly label: string;
  change(value: unknown): void;
}

/** Fields made from a type. What a field can't show is edited as JSON. */
export function SchemaForm({ schema: given, root, value, label, change }: FormProps) {
  const schema = resolved(given, root);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (schema.enum) {
    return (
      <label class="field">
        <span>{label}</span>
        <select value={String(value)} onChange={(event) => change(schema.enum?.[event.currentTarget.selectedIndex])}>
          {schema.enum.map((one) => (
            <option key={String(one)} value={String(one)}>
              {String(one)}
            </option>
          ))}
        </select>
      </label>
    );
  }
  if (type === "object" && schema.properties && value !== null && typeof value === "object") {
    return <ObjectFields {...{ schema, root, label, change }} value={value as Record<string, unknown>} />;
  }
  if (type === "array" && schema.items && Array.isArray(value)) {
    return <ListFields {...{ schema, root, label, change, value }} />;
  }
  if (type === "boolean") {
    return (
      <label class="field check">
        <input type="checkbox" checked={value === true} onChange={(event) => change(event.currentTarget.checked)} />
        <span>{label}</span>
      </label>
    );
  }
  if (choicesOf(schema).length > 0 || (type !== "string" && type !== "number" && type !== "integer")) {
    return <JsonField {...{ label, value, change }} />;
  }
  const isNumber = type === "number" || type === "integer";
  const typed = (text: string) => change(isNumber && text !== "" ? Number(text) : text);
  return (
    <label class="field">
      <span>
        {label} {schema.description && <small>{schema.description}</small>}
      </span>
      <input
        {...(isNumber ? { type: "number", step: "any" } : {})}
        value={String(value ?? "")}
        autocomplete="off"
        onInput={({ currentTarget }) => typed(currentTarget.value)}
      />
    </label>
  );
}

type ObjectProps = Omit<FormProps, "value"> & { readonly value: Readonly<Record<string, unknown>> };

function ObjectFields({ schema, root, value, label, change }: ObjectProps) {
  const names = Object.keys(schema.properties ?? {});
  const isSet = (name: string) => Object.hasOwn(value, name);
  const without = (name: string) => Object.fromEntries(Object.entries(value).filter(([one]) => one !== name));
  return (
    <fieldset>
      <legend>{label}</legend>
      {names.filter(isSet).map((name) => (
        <div key={name} class="with-remove">
          <SchemaForm
            {...{ root, label: name, schema: schema.properties![name]!, value: value[name] }}
            change={(next) => change({ ...value, [name]: next })}
          />
          {!schema.required?.includes(name) && (
            <button type="button" class="plain" aria-label={`Leave out ${name}`} onClick={() => change(without(name))}>
              Leave out
            </button>
          )}
        </div>
      ))}
      <div class="actions">
        {names
          .filter((name) => !isSet(name))
          .map((name) => (
            <button
              key={name}
              type="button"
              class="plain"
              onClick={() => change({ ...value, [name]: exampleOf(schema.properties![name]!, root) })}
            >
              + {name}
            </button>
          ))}
      </div>
    </fieldset>
  );
}

type ListProps = Omit<FormProps, "value"> & { readonly value: readonly unknown[] };

function ListFields({ schema, root, value, label, change }: ListProps) {
  return (
    <fieldset>
      <legend>{label}</legend>
      {value.map((one, i) => (
        <div key={i} class="with-remove">
          <SchemaForm
            {...{ root, label: `${label} ${i + 1}`, schema: schema.items!, value: one }}
            change={(next) => change(value.with(i, next))}
          />
          <button
            type="button"
            class="plain"
            aria-label={`Remove ${label} ${i + 1}`}
            onClick={() => change(value.filter((_, at) => at !== i))}
          >
            Remove
          </button>
        </div>
      ))}
      <button type="button" class="plain" onClick={() => change([...value, exampleOf(schema.items!, root)])}>
        + {label}
      </button>
    </fieldset>
  );
}

function JsonField({ label, value, change }: Pick<FormProps, "label" | "value" | "change">) {
  return (
    <label class="field">
      <span>
        {label} <small>as JSON</small>
      </span>
      <textarea
        rows={3}
        spellcheck={false}
        defaultValue={JSON.stringify(value, null, 2)}
        onInput={({ currentTarget }) => {
          try {
            change(JSON.parse(currentTarget.value));
            currentTarget.setCustomValidity("");
          } catch (error) {
            currentTarget.setCustomValidity((error as Error).message);
          }
        }}
      />
    </label>
  );
}
