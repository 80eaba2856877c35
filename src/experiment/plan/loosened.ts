import * as z from "zod";

/**
 * An options schema for one layer of settings: every member may be left out, at any depth, and none gets a default.
 * Unknown members stay errors.
 */
export function loosened<S extends z.ZodType>(schema: S): S extends z.ZodObject ? z.ZodObject : z.ZodType;
export function loosened(schema: z.ZodType): z.ZodType {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) {
    const shape = Object.entries(inner.shape as Record<string, z.ZodType>).map(([name, member]) => [
      name,
      loosened(member).optional(),
    ]);
    return z.strictObject(Object.fromEntries(shape));
  }
  if (inner instanceof z.ZodUnion)
    return z.union(inner.options.map((one) => loosened(one as z.ZodType)) as [z.ZodType]);
  return inner;
}

/** The schema beneath defaults, keeping its description. */
function bare(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional)
    inner = inner.unwrap() as z.ZodType;
  const { description } = schema;
  return description && inner.description !== description ? inner.describe(description) : inner;
}
