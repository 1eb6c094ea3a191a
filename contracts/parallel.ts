/**
 * Maps items with at most `atOnce` of them under way. Results stand in the order of the items.
 * After a failure nothing new begins, what is under way is waited for, and the first error is thrown.
 */
export async function mapInParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  map: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const errors: unknown[] = [];
  const rest = items.entries();
  const work = async () => {
    for (const [index, item] of rest) {
      if (errors.length > 0) return;
      try {
        results[index] = await map(item, index);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (errors.length > 0) throw errors[0];
  return results;
}
