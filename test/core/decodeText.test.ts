import { describe, expect, it } from "vitest";
import { decodeText, textEncoding } from "../../src/core/decodeText.ts";
import { tableText } from "../../src/formats/tableText.ts";
import { stored } from "./storedText.ts";

const encodings = ["UTF-8", "UTF-16LE", "UTF-16BE"].flatMap((name) => [name, `${name} with mark`]);
const texts = ["a: 1\n", '{"x": [1, 2]}', "file,label\r\nBild ä.png,3\r\n", "名前: 犬\n", "x", "🜍 1\n"];

describe("one reader of user text", () => {
  it.each(encodings)("%s", (encoding) => {
    for (const text of texts) {
      const bytes = stored(text, encoding);
      expect(textEncoding(bytes)).toBe(encoding.split(" ")[0]);
      expect(decodeText(bytes)).toEqual({ text });
      expect(tableText(bytes, "t")).toBe(text);
    }
  });

  it("what is neither is named", () => {
    expect(decodeText(stored("abc\n", "UTF-32LE"))).toMatchObject({ wrong: expect.stringMatching(/^UTF-32/) });
    expect(decodeText(stored("abc\n", "UTF-32LE with mark"))).toMatchObject({
      wrong: expect.stringMatching(/^UTF-32/),
    });
    expect(decodeText(Uint8Array.of(0xff, 0xfe, 97, 0, 98))).toMatchObject({
      wrong: expect.stringMatching(/UTF-16LE/),
    });
    expect(decodeText(Uint8Array.of(0x41, 0xe4, 0x0a))).toMatchObject({ wrong: expect.stringMatching(/code page/) });
    expect(tableText(Uint8Array.of(0x41, 0xe4), "t")).toBe("Aä");
    expect(() => tableText(stored("a,b\n", "UTF-32LE"), "labels.csv")).toThrow(/^labels\.csv: unknown text: .*UTF-32/);
  });
});
