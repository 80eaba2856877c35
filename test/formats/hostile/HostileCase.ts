/** One hostile file and what has to be said about it. */
export interface HostileCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** `dangerous`: a Refusal that would run code elsewhere. `unsafe`: a Refusal. `error`: any DataError. */
  readonly verdict: "dangerous" | "unsafe" | "error";
  /** Rule id of a finding. */
  readonly rule?: string;
  /** What the message has to say. */
  readonly says?: RegExp;
  /** Globals that have to be listed. */
  readonly globals?: readonly string[];
}
