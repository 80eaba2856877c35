/** What an array job is made of. */
export interface ArrayJob {
  /** "triggers". */
  readonly name: string;
  /** How retort is started, as the shell reads it. */
  readonly program: string;
  /** Its command line without `--shard`. */
  readonly words: readonly string[];
  /** Parts that run at the same time, each with every n-th trial. */
  readonly shards: number;
  /** Cores of one part. */
  readonly cores: number;
  /** Container image, for Kubernetes. */
  readonly image: string;
}

/** The command line of one part for a POSIX shell; `shard` is put in as it stands. */
export const partCommand = ({ program, words, shards }: ArrayJob, shard: string): string =>
  [program, ...words.map(shellWord), "--shard", `"${shard}/${shards}"`].join(" ");

const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
