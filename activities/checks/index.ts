/** The checks that a team can list, by name. */
import type { CheckName } from '../../contracts/team/schema';
import type { Check } from './check';
import { citationsResolve } from './citations-resolve';
import { numbersAppearInSources } from './numbers-appear-in-sources';
import { quotesExist } from './quotes-exist';
import { sameLanguage } from './same-language';

export const CHECK_TABLE: Record<CheckName, Check> = {
  quotesExist,
  citationsResolve,
  numbersAppearInSources,
  sameLanguage,
};

/** As an agent is told of a check that a receiver asks for. */
export const CHECK_WORDS: Record<CheckName, string> = {
  quotesExist: 'Each quote must stand word for word in its document.',
  citationsResolve: 'Each citation must name an id of the hand-offs.',
  numbersAppearInSources:
    'Each figure must appear in the question, the hand-offs, the results of tools or the documents that are quoted.',
  sameLanguage: 'The text must be in the language of the question.',
};
