import { describe, expect, test } from "vitest";
import { readEvent } from "./scratch-project.ts";

const wasOf = (parts: readonly { readonly name: string; readonly was?: readonly string[] }[]) =>
  Object.fromEntries(parts.map(({ name, was }) => [name, was]));

describe("what comments say of history", () => {
  test("fields: names that they had, and what they are in records without them", () => {
    const event = readEvent(
      "history-fields",
      `export interface Event {
        /**
         * The file's name, in the language of its owner.
         * @was title which was taken for a heading
         * @was "file name"
         */
        name: string;
        /** @default 5 */
        tries: Int;
        /** @default "eur" */ currency: string;
        /** @default {} */ labels: Record<string, string>;
        /** @deprecated */ plain: string;
      }`,
    );
    const [message] = event.messages;
    expect(wasOf(message!.fields)).toMatchObject({ name: ["title", "file name"], tries: undefined, plain: undefined });
    expect(message!.fields.map(({ defaultText }) => defaultText)).toEqual([undefined, "5", '"eur"', "{}", undefined]);
    expect(message!.fields[0]!.doc).toBe("The file's name, in the language of its owner.");
  });

  test("fields through utility types, and types", () => {
    const event = readEvent(
      "history-types",
      `/** @was Address */
      export interface Place { /** @was street */ road: string; /** @default 1 */ floor: Int }
      export interface Event { place: Place; part: Pick<Place, "road">; some: Partial<Place> }`,
    );
    expect(wasOf(event.messages)).toEqual({
      Event: undefined,
      Place: ["Address"],
      EventPart: undefined,
      EventSome: undefined,
    });
    expect(event.messages.slice(1).map(({ fields }) => wasOf(fields).road)).toEqual([
      ["street"],
      ["street"],
      ["street"],
    ]);
  });

  test.each([
    ["behind the bar", 'type Kind = | /** @was picture */ "image" | "video" | /** @was "text file" */ "document";'],
    [
      "in front of the bar",
      'type Kind =\n  /** @was picture */\n  | "image"\n  | "video"\n  /** @was "text file" */\n  | "document";',
    ],
    [
      "without a bar",
      'type Kind = /** @was picture */ "image" | "video"\n  /** A document. @was "text file" */\n  | "document";',
    ],
    [
      "in an alias of it",
      'type Seen = /** @was picture */ "image" | "video";\ntype Kind = Seen | /** @was "text file" */ "document";',
    ],
  ])("values of a union of literals, %s", (name, declaration) => {
    const event = readEvent(
      `history-${name.replaceAll(" ", "-")}`,
      `${declaration}\nexport interface Event { kind: Kind }`,
    );
    expect(wasOf(event.enums[0]!.members)).toEqual({ image: ["picture"], video: undefined, document: ["text file"] });
  });

  test("members of an enum", () => {
    const event = readEvent(
      "history-enum",
      "enum Kind { /** @was Picture */ Image, Video }\nexport interface Event { kind: Kind }",
    );
    expect(wasOf(event.enums[0]!.members)).toEqual({ Image: ["Picture"], Video: undefined });
  });
});
