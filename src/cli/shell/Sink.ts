/** The part of a stream that the console uses. */
export type Sink = Pick<NodeJS.WriteStream, "write"> & { readonly isTTY?: boolean; readonly columns?: number };
