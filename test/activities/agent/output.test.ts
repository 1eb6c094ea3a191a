import { judgeOutput } from '../../../activities/agent/output';
import { putText } from '../../../contracts/content';
import type { DocumentManifest } from '../../../contracts/documents';
import { ANSWER_CHARACTERS_PER_TOKEN_MAX, REPORT_CHARACTERS_MAX } from '../../../contracts/limits';
import { Phase } from '../../../contracts/team/schema';
import { MemoryContentStore } from '../../support/memory-content-store';
import { phase } from '../../support/teams';

const content = new MemoryContentStore();
const NOTE = phase('only');

async function judge(text: string, changes = {}, expects: Record<string, unknown>[] = []) {
  const textSha256 = await putText(content, 'one\ntwo\nthree');
  const documents = { documents: [{ name: 'a.md', textSha256 }] } as unknown as DocumentManifest;
  const only = Phase.parse({ ...NOTE, ...changes });
  return judgeOutput(text, {
    phase: only,
    expectations: expects.map((schema, index) => ({
      receiver: `receiver-${index}`,
      expects: schema,
    })),
    subject: {
      question: '',
      toolResults: [],
      inputs: {},
      documents,
      text: async () => 'one\ntwo\nthree',
    },
    content,
    maxOutputTokens: only.limits.maxOutputTokens,
  });
}

describe('the verdict on an answer', () => {
  it.each([
    ['nothing', '', 'empty_output', 'is empty'],
    ['white space', ' \n', 'empty_output', 'is empty'],
    ['prose', 'Here you are.', 'format_violation', 'is not JSON'],
    ['words around a fence', 'Here:\n```\n{"note":"x"}\n```', 'format_violation', 'is not JSON'],
    [
      'two fences',
      '```\n{"note":"x"}\n```\n```\n{"note":"x"}\n```',
      'format_violation',
      'is not JSON',
    ],
    ['NUL', '{"note":"x\\u0000"}', 'format_violation', '/note has the character U+0000'],
    [
      'an escape sequence',
      '{"note":"\\u001b[2J"}',
      'format_violation',
      '/note has the character U+001B',
    ],
    [
      'half a character',
      '{"note":"\\ud83d"}',
      'format_violation',
      '/note has the character U+D83D',
    ],
    [
      'a control in a name',
      '{"note":"x","\\u0007":1}',
      'format_violation',
      'the answer has the character U+0007',
    ],
    ['JSON cut off', '{"note":"x', 'format_violation', 'is not JSON'],
    ['a list', '[]', 'format_violation', 'must be object'],
    ['null', 'null', 'format_violation', 'must be object'],
    ['a missing field', '{}', 'missing_fields', "must have required property 'note'"],
    ['another type', '{"note":1}', 'format_violation', '/note must be string'],
    ['one too many', '{"note":"x","extra":1}', 'format_violation', '"extra"'],
  ])('%s: refused with the place and the reason', async (_what, text, failure, report) => {
    expect(await judge(text)).toMatchObject({
      accepted: false,
      failure,
      report: expect.stringContaining(report),
    });
  });

  it.each([
    ['in a fence', '```json\n{"note":"x"}\n```'],
    ['in a fence without a language', '\n```\n{"note":"x"}```\n'],
    ['after a byte order mark', '\ufeff{"note":"x"}'],
  ])('takes JSON %s for what it is', async (_where, text) => {
    expect(await judge(text)).toEqual({ accepted: true, output: { note: 'x' } });
  });

  it('takes texts with tabs, line ends and characters of any plane', async () => {
    const note = 'a\tb\r\nc 😀 \u202e ش';
    expect(await judge(JSON.stringify({ note }))).toEqual({ accepted: true, output: { note } });
  });

  it('refuses what is nested without end where the contract leaves it open, in no time', async () => {
    const text = `{"note":"x","more":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    const produces = { type: 'object', properties: { note: { type: 'string' } } };
    expect(await judge(text, { produces })).toMatchObject({
      failure: 'format_violation',
      report: '- the answer is nested deeper than 100 levels',
    });
  });

  it('has only answers mended that can stand in a conversation', async () => {
    const limits = { maxOutputTokens: 256 };
    const longest = 256 * ANSWER_CHARACTERS_PER_TOKEN_MAX;
    const note = (length: number) => JSON.stringify({ note: 'x'.repeat(length) });
    expect(await judge(note(longest), { limits })).toMatchObject({
      failure: 'format_violation',
      canStand: false,
      report: expect.stringContaining(`${longest} are the most`),
    });
    expect(await judge(note(longest - 100), { limits })).toMatchObject({ accepted: true });
    expect(await judge('', { limits })).toMatchObject({ canStand: false });
    expect(await judge('prose', { limits })).toMatchObject({ canStand: true });
  });

  it('holds what every receiver expects, and says who does', async () => {
    const expects = [{ properties: { note: { maxLength: 3 } } }];
    expect(await judge('{"note":"yes"}', {}, expects)).toMatchObject({ accepted: true });
    expect(await judge('{"note":"much too long"}', {}, expects)).toMatchObject({
      accepted: false,
      failure: 'format_violation',
      report: expect.stringContaining('(expected by receiver-0)'),
    });
  });

  it('runs what receivers check, each check once, and says who asked for it', async () => {
    const produces = { type: 'object', properties: { citations: { type: 'array' } } };
    const receivers = ['writing', 'review'].map((receiver) => ({
      receiver,
      checks: ['citationsResolve'] as const,
    }));
    const only = Phase.parse({ ...NOTE, produces });
    const judging = {
      phase: only,
      expectations: receivers,
      subject: {
        ...{ question: '', toolResults: [], inputs: {}, documents: undefined },
        text: async () => '',
      },
      content,
      maxOutputTokens: 1_000,
    };
    const text = '{"citations":["F9"]}';
    expect(await judgeOutput(text, judging)).toEqual({
      accepted: false,
      failure: 'check_failed',
      report:
        '- /citations/0 cites "F9", which no input has; there are none (expected by writing, review)',
      canStand: true,
      output: { citations: ['F9'] },
    });
    const own = { ...judging, phase: { ...only, checks: ['citationsResolve' as const] } };
    expect(await judgeOutput(text, own)).toMatchObject({
      report: '- /citations/0 cites "F9", which no input has; there are none',
    });
  });

  it('puts lines right whatever the properties are called', async () => {
    const quoted = {
      type: 'object',
      properties: {
        quote: { type: 'string' },
        document: { type: 'string' },
        line: { type: 'integer' },
      },
    };
    const produces = { type: 'object', properties: { 'a/b~c': quoted } };
    const text = '{"a/b~c":{"quote":"three","document":"a.md","line":1}}';
    expect(await judge(text, { produces, checks: ['quotesExist'] })).toMatchObject({
      accepted: true,
      output: { 'a/b~c': { line: 3 } },
    });
  });

  it('keeps its report within its limit', async () => {
    const produces = {
      type: 'object',
      properties: { list: { type: 'array', items: { type: 'string' } } },
    };
    const verdict = await judge(JSON.stringify({ list: Array(5_000).fill(1) }), { produces });
    expect(verdict).toMatchObject({ accepted: false });
    expect('report' in verdict && verdict.report.length).toBe(REPORT_CHARACTERS_MAX);
  });
});
