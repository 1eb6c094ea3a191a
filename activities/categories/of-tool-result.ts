import type { Categories } from '../../contracts/categories';
import type { InstalledTools } from '../../contracts/tools';
import { declared, unite } from '../../domain/categories';
import type { Tool } from '../tools/tool';
import { detectIn } from './index';

/** What its source and its team say of it, and what is seen in it. */
export async function ofToolResult(
  { name, categories = [], source: sourceOf }: Pick<Tool, 'name' | 'categories' | 'source'>,
  input: unknown,
  result: unknown,
  sources: InstalledTools['sources'],
): Promise<Categories> {
  const source = sourceOf?.(input);
  return unite(
    ...(source === undefined ? [] : [declared(categoriesOf(sources, source), `source ${source}`)]),
    declared(categories, `tool ${name}`),
    await detectIn(result),
  );
}

const categoriesOf = (sources: InstalledTools['sources'], name: string) =>
  Object.hasOwn(sources, name) ? (sources[name]?.categories ?? []) : [];
