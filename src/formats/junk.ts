import { baseName } from "./rawSet.ts";

/**
 * What systems leave beside the files of a person: attributes of other files (AppleDouble), settings of a window, thumbnails. No
 * reader is shown it.
 */
export function isJunk(path: string): boolean {
  return (
    /(^|\/)(__MACOSX|\.AppleDouble|\.Spotlight-V100|\.Trashes|\.fseventsd|@eaDir|\$RECYCLE\.BIN|System Volume Information|lost\+found)\//i.test(
      path,
    ) ||
    /^(\._.*|\.DS_Store|\.localized|Icon\r|Thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini|\.directory)$/i.test(
      baseName(path),
    )
  );
}

/** Junk and hidden files: what no reader is shown, and `inspect` lists. */
export function isAside(path: string): boolean {
  return isJunk(path) || path.split("/").some((part) => part.startsWith("."));
}
