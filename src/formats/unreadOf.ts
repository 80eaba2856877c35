import type { Source, SourceFile } from "./Format.ts";

/** The files of a source that a reader did not take. */
export function unreadOf(source: Source, taken: Iterable<SourceFile | undefined>): SourceFile[] {
  const read = new Set(taken);
  return source.files.filter((file) => !read.has(file));
}
