/** Teams whose runs a campaign disturbs: a row of phases, parallel ones, approvals, effects of both kinds. */
import { z } from 'zod';
import { type DefinedTeam, definePhase, defineTeam } from '../../contracts/team/define';
import { report } from '../../teams';
import type { TargetName } from './target';

const MODEL = { name: 'claude-haiku-5-5' };

const evidence = z
  .array(
    z.object({
      claim: z.string().min(1),
      quote: z.string().min(1).describe('Copied word for word from the document.'),
      document: z.string().min(1).describe('Name of the document.'),
      line: z.int().min(1),
    }),
  )
  .min(1)
  .max(5);

const post = (target: TargetName, content: string) => ({
  tool: 'publish_http',
  input: { target, content },
});

const readingPhase = <const Name extends string>(name: Name, what: string) =>
  definePhase({
    name,
    role: 'You are a researcher who works from documents only.',
    instructions: `Find out what the documents say about ${what}. Quote them word for word.`,
    model: MODEL,
    tools: ['search_documents', 'read_document'],
    checks: ['quotesExist'],
    produces: z.object({ evidence }),
  });

/** Two readers at once, an extra that may fail, and one who joins them and publishes two files. */
const parallel = defineTeam({
  name: 'chaos-parallel',
  version: '1.0.0',
  documents: 'required',
  phases: [
    readingPhase('rain', 'rain'),
    readingPhase('frost', 'frost'),
    definePhase({
      name: 'extra',
      role: 'You are a commentator.',
      instructions: 'Write one remark on the question.',
      model: MODEL,
      required: false,
      produces: z.object({ remark: z.string().min(1) }),
    }),
    definePhase({
      name: 'joining',
      role: 'You are an editor.',
      instructions: 'Join what was found into one summary.',
      model: MODEL,
      needs: ['rain', 'frost', 'extra'],
      produces: z.object({ title: z.string().min(1), summary: z.string().min(1) }),
      effects: [
        {
          tool: 'publish_file',
          input: { path: 'summary.md', content: '# {{output.title}}\n\n{{output.summary}}\n' },
        },
        { tool: 'publish_file', input: { path: 'question.txt', content: '{{question}}\n' } },
        post('recognising', '{{question}}\n{{output.summary}}'),
      ],
    }),
  ],
});

/** The agent itself asks for an effect, in the middle of its round; a person approves what follows. */
const asking = defineTeam({
  name: 'chaos-asking',
  version: '1.0.0',
  documents: 'none',
  phases: [
    definePhase({
      name: 'noting',
      role: 'You are a clerk.',
      instructions: 'Publish the file note.md and post it, then answer.',
      model: MODEL,
      tools: ['publish_file', 'publish_http'],
      produces: z.object({ note: z.string().min(1) }),
    }),
    definePhase({
      name: 'filing',
      role: 'You are an archivist.',
      instructions: 'Say in one sentence what the note is about.',
      model: MODEL,
      needs: ['noting'],
      review: 'always',
      produces: z.object({ entry: z.string().min(1) }),
      effects: [
        { tool: 'publish_file', input: { path: 'entry.md', content: '{{output.entry}}\n' } },
        post('telling', '{{question}}\n{{output.entry}}'),
        post('silent', '{{question}}\n{{output.entry}}'),
      ],
    }),
  ],
});

/** With the number of files and posts that a run publishes when all of its phases end well. */
export const CAMPAIGN_TEAMS: readonly {
  team: DefinedTeam<unknown>;
  filesCount: number;
  postsCount: number;
}[] = [
  { team: report, filesCount: 1, postsCount: 0 },
  { team: parallel, filesCount: 2, postsCount: 1 },
  { team: asking, filesCount: 2, postsCount: 3 },
];
