import type * as z from "zod";

/**
 * A list that names nothing twice: what is trained or asked twice counts once, and takes the time of two.
 *
 * @example
 * const options = z.object({ networks: distinct(z.array(z.string()).min(1)) });
 */
export function distinct<T extends z.ZodType>(list: z.ZodArray<T>): z.ZodArray<T> {
  return list.refine((items) => new Set(items).size === items.length, "expected each of them once") as z.ZodArray<T>;
}
