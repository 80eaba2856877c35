import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A browser, where there is one. */
export const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);
if (!chromium) console.warn("skipped: a browser's view of the page (no Chromium here)");

/**
 * Open a page in a browser without a window.
 *
 * @param fragment of its address.
 * @returns what the page has become and what the browser said about it: errors, and refusals by the content policy.
 */
export function look(page: string, fragment = ""): { dom: string; messages: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "retort-page-"));
  try {
    writeFileSync(join(folder, "page.html"), page);
    const { stdout, stderr } = spawnSync(
      chromium as string,
      [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--virtual-time-budget=10000",
        `--user-data-dir=${folder}/profile`,
        "--dump-dom",
        `file://${join(folder, "page.html")}${fragment && `#${fragment}`}`,
      ],
      { encoding: "utf8", timeout: 50_000, maxBuffer: 1e8 },
    );
    return { dom: stdout, messages: stderr.split("\n").filter((line) => line.includes("CONSOLE")) };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
