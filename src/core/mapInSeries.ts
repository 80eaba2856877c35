/** Results of asynchronous work on one item after the other: the engine has one queue. */
export async function mapInSeries<A, B>(
  items: readonly A[],
  work: (item: A, index: number) => Promise<B>,
): Promise<B[]> {
  const results: B[] = [];
  for (const [i, item] of items.entries()) results.push(await work(item, i));
  return results;
}
