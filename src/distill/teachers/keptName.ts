import { hashJson } from "../../core/hash.ts";
import type { Learner } from "../../train/Learner.ts";

/** Raised when networks are trained in another way: what older versions kept is then not found. */
const form = 1;

/**
 * The name under which a network is kept: a digest of all that it follows from but the content of the data, where it was computed
 * among it, since other thread counts round otherwise.
 *
 * @param record plain JSON
 */
export const keptName = ({ device: { name, threads } }: Learner, record: Readonly<Record<string, unknown>>): string =>
  hashJson({ form, device: { name, threads }, ...record });
