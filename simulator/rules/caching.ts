import { invalid } from '../errors';
import { CACHE_BREAKPOINTS_COUNT_MAX } from '../limits';
import { markedBlocks } from '../prompt';
import type { Rule } from './rule';

/** Cache breakpoints: how many, in which order, where (API page 3.7). */
export const cacheBreakpoints: Rule = ({ prompt, turns }) => {
  refuseNestedMarks(turns.flatMap((turn) => turn.blocks));
  const marked = markedBlocks(prompt, turns);
  if (marked.length > CACHE_BREAKPOINTS_COUNT_MAX) {
    throw invalid(
      `A maximum of ${CACHE_BREAKPOINTS_COUNT_MAX} blocks with cache_control may be provided. Found ${marked.length}.`,
    );
  }
  const firstShort = marked.findIndex((mark) => mark.ttl === '5m');
  if (firstShort !== -1 && marked.slice(firstShort).some((mark) => mark.ttl === '1h')) {
    throw invalid(
      "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block",
    );
  }
  const clash = marked.find((mark) => mark.clashesWithAutomatic);
  if (clash) {
    throw invalid(
      'cache_control: the last cacheable block already has a cache_control with a different ttl',
    );
  }
};

/** Parts of a citable document or search result are no blocks of their own. */
function refuseNestedMarks(blocks: readonly object[]): void {
  for (const block of blocks as readonly Nested[]) {
    const parts =
      block.type === 'search_result'
        ? block.content
        : block.type === 'document'
          ? block.source?.content
          : undefined;
    if (Array.isArray(parts) && parts.some((part) => part.cache_control)) {
      throw invalid(`${block.type}: cache_control is not allowed on its content blocks`);
    }
    if (block.type === 'tool_result' && Array.isArray(block.content)) {
      refuseNestedMarks(block.content);
    }
  }
}

interface Nested {
  type?: string;
  cache_control?: unknown;
  content?: string | Nested[];
  source?: { content?: string | Nested[] };
}
