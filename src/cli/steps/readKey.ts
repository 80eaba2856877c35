import { existsSync } from "node:fs";
import { UsageError } from "../../core/errors.ts";
import { readBoundedText } from "../../disk/readText.ts";

/** What `retort keygen` puts behind the name that it is given. */
const endings = { private: ".key", public: ".pub" } as const;

/**
 * Read a key that a person names; whoever names it as it was named to `retort keygen`, or names the other half, is told
 * where it lies.
 *
 * @throws UsageError where there is none, or the other half of a pair.
 */
export async function readKey(path: string, who: string, half: keyof typeof endings): Promise<string> {
  const bare = path.replace(/\.(?:key|pub|pem)$/, "");
  const there = [`${path}${endings[half]}`, `${bare}${endings[half]}`].find(
    (name) => name !== path && existsSync(name),
  );
  const hint = there === undefined ? "" : `; did you mean ${there}?`;
  const text = await readBoundedText(path, who, "key").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
    throw new UsageError(`${who}: missing key: expected a file, got nothing at ${path || '""'}${hint}`);
  });
  const isPrivate = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);
  const isPublic = !isPrivate && /-----BEGIN [A-Z ]*PUBLIC KEY-----/.test(text);
  if (half === "private" ? isPublic : isPrivate)
    throw new UsageError(
      `${who}: invalid key ${path}: expected a ${half} key, got a ${isPublic ? "public" : "private"} one${isPrivate ? ", which must stay with its owner" : ""}${hint}`,
    );
  return text;
}
