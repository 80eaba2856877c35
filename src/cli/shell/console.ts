import { hasColours } from "./colours.ts";
import { printable, withColours } from "./printable.ts";
import { type Bar, progressBar } from "./progress.ts";
import type { Sink } from "./Sink.ts";
import { type Column, table } from "./table.ts";

/** How much a call says, from the global options. */
export interface Verbosity {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/**
 * What commands write with. Results go to stdout, everything else to stderr.
 *
 * With `--json` stdout holds exactly one JSON document: what was given to `result`.
 */
export class Console {
  readonly verbosity: Verbosity;
  readonly stdout: Sink;
  readonly stderr: Sink;
  private hint: string | undefined;
  private readonly bars: Bar[] = [];

  constructor(verbosity: Verbosity, stdout: Sink, stderr: Sink) {
    this.verbosity = verbosity;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** Give the result: `value` as JSON with `--json`, otherwise whatever `show` prints. Call it once. */
  result(value: unknown, show: () => void): void {
    if (this.verbosity.json) this.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    else show();
  }

  /** One line of a result on stdout; nothing with `--json`. */
  line(text = ""): void {
    if (!this.verbosity.json) this.stdout.write(`${withColours(text)}\n`);
  }

  /** An aligned table on stdout, no wider than the terminal; nothing with `--json`. */
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    this.line(table(rows, columns, this.stdout.isTTY ? this.stdout.columns : undefined));
  }

  /** Whether results may have colours. */
  get colourful(): boolean {
    return hasColours(this.stdout);
  }

  /** Something worth knowing while it works: stderr, silent with `--quiet`. */
  note(text: string): void {
    if (!this.verbosity.quiet) this.stderr.write(`${withColours(text)}\n`);
  }

  /** Something that may be wrong: stderr, always. */
  warn(text: string): void {
    this.stderr.write(`warning: ${printable(text)}\n`);
  }

  /** Something for whoever looks for a cause: stderr, with `--verbose` only. */
  detail(text: string): void {
    if (this.verbosity.verbose) this.stderr.write(`${withColours(text)}\n`);
  }

  /**
   * Show how far a piece of work is. Appears only when it takes longer than two seconds, on stderr.
   *
   * @param total steps of the whole; undefined where nobody knows.
   */
  progress(title: string, total?: number): Bar {
    const bar = progressBar(this.verbosity.quiet ? undefined : this.stderr, title, total);
    this.bars.push(bar);
    return bar;
  }

  /** Take every bar away that an error or an interruption left standing, and give the cursor back. */
  endProgress(): void {
    for (const bar of this.bars.splice(0)) bar.end();
  }

  /** Say what Ctrl-C should tell: how to go on from what has been saved. */
  resumeWith(hint: string): void {
    this.hint = hint;
  }

  get resumeHint(): string | undefined {
    return this.hint;
  }
}
