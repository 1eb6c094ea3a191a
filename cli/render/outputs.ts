/** What is known of outputs beside their content: how sure they may be, and what data they hold. */
import type { ConfidenceView, PhaseView } from '../../contracts/views';
import { renderTable } from './table';

type Known = Pick<PhaseView, 'name' | 'confidence' | 'categories'>;

/** `0.64 of 0.8`, or `0.8` where nothing speaks against it. */
export const surely = ({ stated, corrected }: Pick<ConfidenceView, 'stated' | 'corrected'>) =>
  corrected === stated ? digits(stated) : `${digits(corrected)} of ${digits(stated)}`;

/** An agent may state it with any number of them. */
const digits = (value: number): string => String(Math.round(value * 100) / 100);

/** `research 0.64 of 0.8, analysis 0.64 of 0.7`. */
export const howSure = (phases: readonly Known[]): string =>
  phases
    .flatMap(({ name, confidence }) => (confidence ? [`${name} ${surely(confidence)}`] : []))
    .join(', ');

/** `personal (research, analysis), financial (research)`. */
export function whatTheyHold(phases: readonly Known[]): string {
  const names = new Map<string, string[]>();
  for (const { name, categories = {} } of phases)
    for (const category of Object.keys(categories))
      names.set(category, [...(names.get(category) ?? []), name]);
  return [...names].map(([category, holders]) => `${category} (${holders.join(', ')})`).join(', ');
}

/** With the grounds of each; nothing where nothing is known. */
export function renderOutputs(phases: readonly Known[]): string {
  const known = phases.filter(({ confidence, categories }) => confidence || categories);
  if (known.length === 0) return '';
  return renderTable(known, [
    { title: 'output of', cell: ({ name }) => name },
    { title: 'confidence', cell: ({ confidence }) => (confidence ? surely(confidence) : '') },
    { title: 'because', cell: ({ confidence }) => confidence?.because.join('; ') ?? '' },
    { title: 'holds', cell: ({ categories = {} }) => grounds(categories) },
  ]);
}

const grounds = (categories: NonNullable<Known['categories']>): string =>
  Object.entries(categories)
    .map(([category, because]) => `${category} (${because?.join(', ')})`)
    .join('; ');
