import fc from "fast-check";
import { ts } from "ts-morph";
import { expect, test } from "vitest";
import { rangeSpan } from "../../../compiler/read/spans.ts";

const text = fc.array(fc.constantFrom("a", " ", "ä", "\n", "\r\n", "\r", "\u2028", "\u2029", "🙂"), { maxLength: 40 });

test.each([
  ["any line ends", text.map((parts) => parts.join(""))],
  ["\\n alone", text.map((parts) => parts.join("").replace(/[\r\u2028\u2029]/g, ""))],
])("spans are where TypeScript has them: %s", (_, texts) => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(), (text, from, length) => {
      const source = ts.createSourceFile("/root/a.ts", text, ts.ScriptTarget.Latest);
      const start = from % (text.length + 1);
      const end = start + (length % (text.length - start + 1));
      const [first, last] = [start, end].map((offset) => ts.getLineAndCharacterOfPosition(source, offset));
      expect(rangeSpan("/root", source, start, end)).toEqual({
        file: "a.ts",
        line: first!.line + 1,
        column: first!.character + 1,
        endLine: last!.line + 1,
        endColumn: last!.character + 1,
      });
    }),
  );
});
