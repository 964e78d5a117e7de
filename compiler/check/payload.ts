import { type Diagnostic, diagnostic } from "../diagnostics/diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import { rootMessages } from "../model/root.ts";
import { formatSize, LARGEST_PAYLOAD_BYTES } from "../settings/size.ts";
import type { Check } from "./check.ts";
import { sizesOf } from "./payload-size.ts";

/**
 * An event whose type bounds all that is in it is meant to be sent up to these bounds, so enqueue must not refuse it for
 * its size. Types without such bounds promise nothing, and are measured when they are sent.
 */
export const checkPayloads: Check = (useCases) => useCases.flatMap(checkPayload);

function checkPayload(useCase: UseCase): Diagnostic[] {
  const { event, frontend, spans } = useCase;
  const sizes = sizesOf(event);
  const limit = frontend.maxPayloadBytes;
  if (sizes.event <= limit || sizes.event === Infinity) return [];
  const [largest] = rootMessages(event)
    .flatMap(({ fields }) => fields.map((field) => ({ field, bytes: sizes.field(field) })))
    .sort((a, b) => b.bytes - a.bytes);
  const setting = spans["frontend.maxPayload"];
  const root = [...event.unions, ...event.messages].find(({ name }) => name === event.name);
  const parameters = {
    event: event.name,
    size: roughly(sizes.event),
    limit: formatSize(limit),
    field: largest?.field.name ?? "",
    fieldSize: roughly(largest?.bytes ?? 0),
    fitting: fitting(sizes.event),
    isSet: setting !== undefined,
  };
  const related = largest ? [{ message: `'${largest.field.name}' is here.`, span: largest.field.span }] : [];
  return [diagnostic("payload-above-limit", setting ?? root?.span ?? useCase.span, parameters, related)];
}

/** The setting that the event would fit: a power of two, or the transports' limit, above which there is none. */
function fitting(bytes: number): string | undefined {
  const rounded = Math.max(1_024, 2 ** Math.ceil(Math.log2(bytes)));
  return bytes > LARGEST_PAYLOAD_BYTES ? undefined : formatSize(Math.min(rounded, LARGEST_PAYLOAD_BYTES));
}

/** To one decimal, rounded up. */
function roughly(bytes: number): string {
  const unit = bytes >= 1_048_576 ? 104_857.6 : bytes >= 1_024 ? 102.4 : 1;
  const name = bytes >= 1_048_576 ? "MiB" : bytes >= 1_024 ? "KiB" : "bytes";
  const amount = Math.ceil(bytes / unit);
  return name === "bytes" ? `${bytes} bytes` : `${amount / 10} ${name}`;
}
