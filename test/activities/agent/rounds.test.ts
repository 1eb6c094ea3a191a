/** What a round is told and given by the instruction that it follows. */
import type { DocumentManifest } from '../../../contracts/documents';
import type { RoundAction } from '../../../contracts/recoveries';
import {
  calls,
  type RoundOptions,
  type ScriptedRound,
  says,
  scriptedRound,
} from '../../support/scripted-round';
import { openTestLedger, type TestLedger } from '../../support/test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());

const NOTE = { note: 'done' };
const REPORT = "- /note must have required property 'note'";

const roundOfKind = (kind: RoundAction, nth = 1, more: RoundOptions = {}): Promise<ScriptedRound> =>
  scriptedRound(test, {
    ...more,
    instruction: { kind, nth },
    sources: { report: REPORT, ...more.sources },
  });

async function taskOf(round: ScriptedRound): Promise<string> {
  await round.run([says(NOTE)]);
  return round.requests[0]?.prompt.task ?? '';
}

it('names what was missing, and the format, where fields were missing', async () => {
  const task = await taskOf(await roundOfKind('repair'));
  expect(task).toContain(REPORT);
  expect(task).toMatch(/<format>\n\{.*"required":\["note"\].*\}\n<\/format>/);
});

it('shows an example where the format was violated', async () => {
  const task = await taskOf(await roundOfKind('reformat'));
  expect(task).toMatch(/<example note=".*">\n\{"note":"text 1"\}\n<\/example>/);
});

it('shows no example where none can be made', async () => {
  const produces = {
    type: 'object',
    properties: { note: { type: 'string', pattern: '^d.ne$' } },
    required: ['note'],
    additionalProperties: false,
  };
  expect(await taskOf(await roundOfKind('reformat', 1, { phase: { produces } }))).not.toContain(
    '<example',
  );
});

it('doubles the room each time, up to what the model gives', async () => {
  const room = async (nth: number) => {
    const round = await roundOfKind('more_room', nth, {
      phase: { limits: { maxOutputTokens: 20_000 } },
    });
    await round.run([says(NOTE)]);
    return round.requests[0]?.maxOutputTokens;
  };
  expect([await room(1), await room(2), await room(3)]).toEqual([40_000, 80_000, 128_000]);
});

it('tells what receivers check, and which language to write in', async () => {
  const expectations = [{ receiver: 'writing', checks: ['numbersAppearInSources' as const] }];
  const round = await scriptedRound(test, {
    phase: { language: 'deu' },
    sources: { expectations },
  });
  expect(await taskOf(round)).toMatch(/<expected by="writing">\nEach figure must appear .*\n</);
  expect(round.requests[0]?.prompt.system).toContain('Write in German.');
});

it('holds figures to what the tools of the round gave back', async () => {
  const phase = { checks: ['numbersAppearInSources' as const] };
  const round = await scriptedRound(test, { phase });
  const script = [calls({ what: '4711 things' }), says({ note: 'There are 4711, or 4812.' })];
  await expect(
    round.run([...script, says({ note: 'There are 4,711 or 4,812.' })]),
  ).rejects.toMatchObject({
    failure: 'check_failed',
    report: expect.stringMatching(/^- \/note has the number "4,812", which appears in none/),
    unverified: { output: { note: 'There are 4,711 or 4,812.' } },
  });
});

describe('a round in parts', () => {
  const property = { type: 'string' };
  const produces = {
    type: 'object',
    properties: { a: property, b: property, c: { ...property, minLength: 2 } },
    required: ['a', 'b', 'c'],
    additionalProperties: false,
  };
  const inParts = (more: RoundOptions = {}) =>
    roundOfKind('in_parts', 2, { ...more, phase: { produces, ...more.phase } });
  const formats = ({ requests }: ScriptedRound) =>
    requests.map(({ prompt, part }) =>
      Object.keys(prompt.parts?.[part ?? -1]?.outputSchema.properties ?? prompt.outputSchema),
    );

  it('asks for one property at a time, after the tools, and hands on the whole', async () => {
    const round = await inParts();
    const script = [calls({ what: 'x' }), says({ a: '1' }), says({ b: '2' }), says({ c: '33' })];
    expect(await round.run(script)).toEqual({
      output: { a: '1', b: '2', c: '33' },
      limitations: [],
      recoveries: [],
    });
    expect(formats(round)).toEqual([['a'], ['a'], ['b'], ['c']]);
    expect(round.requests.map(({ mayUseTools }) => mayUseTools)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(round.requests[2]?.exchanges.at(-1)?.said).toContain('b');
    // And read back for nothing.
    expect((await round.run([])).output).toEqual({ a: '1', b: '2', c: '33' });
  });

  it('has one part mended in its turn, and keeps within its turns', async () => {
    const round = await inParts({ phase: { limits: { turnsMax: 4 } } });
    const script = [says({ a: '1' }), says({ b: 2 }), says({ b: '2' }), says({ c: '33' })];
    expect((await round.run(script)).output).toEqual({ a: '1', b: '2', c: '33' });
  });

  it('has fewer parts than turns, and ends its tools in time for them', async () => {
    const round = await inParts({ phase: { limits: { turnsMax: 3 } } });
    const script = [calls({ what: 'x' }), says({ a: '1', b: '2' }), says({ c: '33' })];
    const { limitations } = await round.run(script);
    expect(limitations).toMatchObject([{ kind: 'incomplete_research' }]);
    expect(formats(round)).toEqual([['a', 'b'], ['a', 'b'], ['c']]);
  });

  it('is judged as a whole', async () => {
    const round = await inParts({
      task: {
        expectations: [{ receiver: 'next', expects: { properties: { a: { const: '9' } } } }],
      },
    });
    await expect(
      round.run([says({ a: '1' }), says({ b: '2' }), says({ c: '33' })]),
    ).rejects.toMatchObject({
      failure: 'format_violation',
      report: expect.stringContaining('/a must be equal to constant (expected by next)'),
    });
  });

  it('is an ordinary one where the contract cannot be divided', async () => {
    const round = await inParts({ phase: { produces: { ...produces, minProperties: 1 } } });
    expect(await round.run([says({ a: '1', b: '2', c: '33' })])).toMatchObject({
      limitations: [],
      recoveries: [],
    });
    expect(round.requests[0]).not.toHaveProperty('part');
  });
});

describe('a round on a compacted context', () => {
  const documents = {
    documents: Array.from({ length: 100 }, (_, index) => ({ name: `d${index}.md` })),
  } as unknown as DocumentManifest;
  const inputs = { before: { text: 'y'.repeat(100_000) } };
  const sources = { documents, inputs };

  it('has shorter hand-offs, lists and results, and says so', async () => {
    const round = await roundOfKind('compact', 1, { sources });
    const { limitations } = await round.run([calls({ what: 'z'.repeat(30_000) }), says(NOTE)]);
    expect(limitations).toEqual([
      { kind: 'context_compacted', phase: 'research', failure: 'context_exceeded' },
    ]);
    const [first, second] = round.requests;
    expect(first?.prompt.task.length).toBeLessThan(60_000);
    expect(first?.prompt.task).toMatch(/\[… \d+ of 100000 characters left out\]/);
    expect(first?.prompt.task).toContain('more="40, found by search"');
    const [result] = second?.exchanges[0]?.toolResults ?? [];
    expect(result?.content.length).toBeLessThan(10_500);
    expect(result?.content).toMatch(/characters left out\]\n<\/untrusted_data>$/);
  });

  it('has half of it the second time', async () => {
    const round = await roundOfKind('compact', 2, { sources });
    await round.run([calls({ what: 'z'.repeat(30_000) }), says(NOTE)]);
    expect(round.requests[1]?.exchanges[0]?.toolResults[0]?.content.length).toBeLessThan(5_500);
    expect(round.requests[0]?.prompt.task).toContain('more="70, found by search"');
  });
});
