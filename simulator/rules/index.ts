import { cacheBreakpoints } from './caching';
import { maxTokens, stopSequences } from './generation';
import { images } from './images';
import {
  blocksByRole,
  citations,
  firstRole,
  nonEmptyContent,
  prefill,
  systemMessages,
} from './messages';
import type { Rule } from './rule';
import { structuredSchemas } from './schemas';
import { effort, thinkingBlocks, thinkingBudget, thinkingType } from './thinking';
import { serverToolResults, toolResults, toolsForHistory } from './tool-results';
import { deferredTools, toolChoice, toolNames, toolSchemas, webToolDomains } from './tools';

/**
 * All rules beyond the shape of the body, in the order in which they are checked; the first that
 * fails is the answer. The same list holds for both endpoints. docs/simulator.md says where each
 * comes from.
 */
export const RULES: readonly Rule[] = [
  maxTokens,
  stopSequences,
  firstRole,
  nonEmptyContent,
  systemMessages,
  blocksByRole,
  toolNames,
  toolSchemas,
  deferredTools,
  webToolDomains,
  toolChoice,
  toolsForHistory,
  toolResults,
  serverToolResults,
  prefill,
  thinkingType,
  effort,
  thinkingBudget,
  thinkingBlocks,
  cacheBreakpoints,
  citations,
  images,
  structuredSchemas,
];
