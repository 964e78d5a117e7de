import { mendByChoosing, type Reading, wholeOf } from "../event.ts";
import type { ProtoFile, ProtoMessage } from "./file.ts";
import type { ProtoType, ProtoTypes } from "./types.ts";

type MessageType = ProtoType & { readonly kind: "message" };

/** The message that is the event: the one that is named, or the only one that no other message uses. */
export function chooseRoot(file: ProtoFile, types: ProtoTypes, reading: Reading): MessageType | undefined {
  const messages = types.all.filter((type): type is MessageType => type.kind === "message" && type.file === file);
  const named = messages.filter(({ fullName }) => isNamed(fullName, reading.type));
  const candidates = reading.type === undefined ? outermost(messages, types) : named;
  const [only] = candidates;
  if (only && candidates.length === 1) return only;

  const place = wholeOf(reading.source);
  const names = (candidates.length > 0 ? candidates : messages).map(({ fullName }) => withoutPackage(fullName, file));
  const choice = mendByChoosing(names);
  if (messages.length === 0) {
    const reason = "the file declares no message";
    reading.report("event-not-found", place, { reason, fix: "Import the file that declares the event's message." });
  } else if (reading.type !== undefined && candidates.length === 0) {
    reading.report("event-not-found", place, { reason: `there is no message '${reading.type}'`, fix: choice });
  } else {
    const reason =
      candidates.length > 1
        ? `${candidates.length} messages could be it`
        : "every message of the file is used by another one";
    reading.report("event-not-found", place, { reason, fix: choice });
  }
  return undefined;
}

/** `Order` names acme.v1.Order. */
function isNamed(fullName: string, name: string | undefined): boolean {
  return name !== undefined && `.${fullName}`.endsWith(`.${name}`);
}

function withoutPackage(fullName: string, file: ProtoFile): string {
  return file.package === "" ? fullName : fullName.slice(file.package.length + 1);
}

function outermost(messages: readonly MessageType[], types: ProtoTypes): MessageType[] {
  const used = new Set<ProtoType>();
  for (const { declared, fullName } of messages) {
    for (const { type } of declared.fields) {
      const found = types.resolve(type.name, fullName);
      // What uses itself only is used by no other.
      if (found && found.fullName !== fullName) used.add(found);
    }
  }
  const nested = new Set(messages.flatMap(({ declared }): readonly ProtoMessage[] => declared.messages));
  return messages.filter((message) => !used.has(message) && !nested.has(message.declared));
}
