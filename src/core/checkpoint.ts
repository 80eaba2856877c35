/** Where a long computation stands, as plain data: what JSON holds, and named arrays. Saving it is the caller's job. */
export interface Checkpoint {
  readonly json: Readonly<Record<string, unknown>>;
  readonly arrays: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
}
