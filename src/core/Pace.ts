/**
 * Somebody with a clock, told what work lies ahead and what of it is done: how long the rest takes follows. Steps of one kind take
 * about as long as one another, those of different kinds need not: an epoch on raw images beside an update of a few synthetic ones.
 */
export interface Pace {
  /** A run begins, or goes on after `done` of the `total` steps that it reports. */
  begin(done: number, total: number): void;
  /** So many steps of a kind lie ahead. What is kept from other runs does not. */
  ahead(kind: string, steps: number): void;
  /** What went on until now was no step. */
  mark(): void;
  /** A step has been done since the last call. @param tried for the clock alone: it is none of those ahead */
  done(kind: string, tried?: boolean): void;
}
