import { citationsResolve } from '../../../activities/checks/citations-resolve';
import { MemoryContentStore } from '../../support/memory-content-store';

const INPUTS = {
  research: { findings: [{ id: 'F1' }, { id: 'F2', about: [{ id: 'F12' }] }] },
  analysis: { id: 'overview' },
};

const check = async (output: Record<string, unknown>, inputs: Record<string, unknown> = INPUTS) => {
  const subject = {
    output,
    inputs,
    question: '',
    toolResults: [],
    documents: undefined,
    text: async () => '',
  };
  return (await citationsResolve(subject, new MemoryContentStore())).problems;
};

describe('citationsResolve', () => {
  it('accepts ids that any input has, wherever they stand', async () => {
    const output = {
      sections: [{ paragraphs: [{ text: 'So it is [F1][F2].', citations: ['F1', 'F12'] }] }],
      citations: ['overview'],
    };
    expect(await check(output)).toEqual([]);
  });

  it('names every citation that leads nowhere, and the ids that there are', async () => {
    const problems = await check({
      'a/b': { citations: ['F1', 'F3'] },
      text: 'See [F2] and [F99].',
      comments: ['Good.', 'But [F4]?'],
    });
    expect(problems.map(({ path }) => path)).toEqual(['/text', '/comments/1', '/a~1b/citations/1']);
    expect(problems[0]?.message).toBe(
      'cites "F99", which no input has; there are F1, F2, F12, overview',
    );
  });

  it('refuses ids in other letters, parts of ids, and values that are no ids', async () => {
    expect(await check({ citations: ['f1', 'F', ' F1', 'F1, F2', 1, null] })).toHaveLength(6);
  });

  it('takes names in brackets for what they are', async () => {
    const text = 'As [RFC2119] and [ISO8601] have it, [see 4], [1] and [B2].';
    expect(await check({ text })).toEqual([]);
  });

  it('refuses every citation where no input has an id', async () => {
    const [problem] = await check({ citations: ['F1'] }, {});
    expect(problem?.message).toContain('there are none');
    expect(await check({ text: 'Nothing cited.' }, {})).toEqual([]);
  });
});
