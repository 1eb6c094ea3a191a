/** How data categories travel: whatever is made of something holds what that holds. */
import { type Categories, DATA_CATEGORIES, type DataCategory } from '../contracts/categories';

/** All grounds of all of them, each once. Categories and grounds are sorted: the order says nothing. */
export function unite(...all: readonly (Categories | undefined)[]): Categories {
  const united: Categories = {};
  for (const category of DATA_CATEGORIES) {
    const grounds = new Set(all.flatMap((one) => one?.[category] ?? []));
    if (grounds.size > 0) united[category] = [...grounds].sort();
  }
  return united;
}

/** What a source, a tool or a team says that it holds. */
export const declared = (categories: readonly DataCategory[], ground: string): Categories =>
  Object.fromEntries(categories.map((category) => [category, [ground]]));

/** What comes with something that was made of it: the grounds lie there, and here it is its name. */
export const inherited = (from: Categories | undefined, ground: string): Categories =>
  declared(categoriesIn(from), ground);

export const categoriesIn = (categories: Categories | undefined): DataCategory[] =>
  DATA_CATEGORIES.filter((category) => categories?.[category] !== undefined);
