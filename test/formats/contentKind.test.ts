import { expect, it } from "vitest";
import { contentKind } from "../../src/formats/scan/contentKind.ts";

it.each([
  ["FEA1", "a Feather file", "write it as Parquet with pyarrow"],
  [
    "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n",
    "a Git LFS pointer, not the file itself",
    "git lfs pull",
  ],
  ["Rar!\x1a\x07\x01\0", "a RAR archive", "unrar"],
  ["classes are good\n", "a text", undefined],
])("%j is %s", (head, name, hint) => {
  const kind = contentKind(new TextEncoder().encode(head));
  expect(kind?.name).toBe(name);
  if (hint === undefined) expect(kind?.hint).toBeUndefined();
  else expect(kind?.hint).toContain(hint);
});
