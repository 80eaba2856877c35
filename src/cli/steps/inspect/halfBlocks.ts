import { type ContactSheet, shrinkSheet } from "../../../audit/inspect/contactSheet.ts";

/** Draw a sheet with upper half blocks in 24-bit colours: a character holds two pixels. */
export function halfBlocks(sheet: ContactSheet, columns: number): string {
  const { width, height, planes } = shrinkSheet(sheet, Math.max(8, columns));
  const colour = (x: number, y: number) => {
    const at = Math.min(y, height - 1) * width + x;
    return [0, 1, 2].map((c) => planes[c * height * width + at]).join(";");
  };
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let line = "";
    for (let x = 0; x < width; x++) line += `\u001b[38;2;${colour(x, y)};48;2;${colour(x, y + 1)}m▀`;
    lines.push(`${line}\u001b[0m`);
  }
  return lines.join("\n");
}
