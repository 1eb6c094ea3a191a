/** What a round begins with: its question, what is handed to it, its documents, its instruction. */
import type { Categories } from '../../contracts/categories';
import type { Team } from '../../contracts/team/schema';
import { readsDocuments } from '../../contracts/tools';
import { declared, inherited, unite } from '../../domain/categories';
import type { PromptSources } from '../agent/prompt';
import { detectIn } from './index';

export async function givenTo(
  { phase, question, round, report, documents }: PromptSources,
  team: Team,
): Promise<Categories> {
  const inputs = Object.entries(round.facts ?? {}).map(([name, { categories }]) =>
    inherited(categories, `phase ${name}`),
  );
  return unite(
    inherited(await detectIn(question), 'question'),
    ...inputs,
    ...(documents && phase.tools.some(readsDocuments)
      ? [
          declared(team.documentCategories ?? [], 'documents'),
          ...documents.documents.map(({ categories }) => inherited(categories, 'documents')),
        ]
      : []),
    // A report quotes the work that it is about; comments are another phase's output.
    inherited(round.instruction?.categories, 'instruction'),
    inherited(report === undefined ? undefined : await detectIn(report), 'instruction'),
  );
}
