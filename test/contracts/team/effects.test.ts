import { publishFileTool } from '../../../activities/tools/publish-file';
import { publishHttpTool } from '../../../activities/tools/publish-http';
import { installedOf, type Tool } from '../../../activities/tools/tool';
import { checkTeam } from '../../../contracts/team/check';
import { installedTools } from '../../../contracts/tools';
import { report } from '../../../teams';
import { phase, row, team } from '../../support/teams';

const HERE = installedTools({ publishTargets: ['blog', 'store'] });
const file = (path: unknown, content: unknown = 'x') => ({
  tool: 'publish_file',
  input: { path, content },
});
const problemsOf = (...effects: { tool: string; input: Record<string, unknown> }[]) =>
  checkTeam(team(row(phase('first'), phase('second', { effects }))).definition, HERE).problems.map(
    ({ path, message }) => `${path} ${message}`,
  );

describe('the effects of a team', () => {
  it('are what the tools of a worker take', () => {
    const target = { url: 'https://x', secret: 'whsec_', deduplicates: true };
    const tools = [publishFileTool('.'), publishHttpTool({ blog: target })] as Tool[];
    expect(installedOf(tools, {}).effects).toEqual(
      installedTools({ publishTargets: ['blog'] }).effects,
    );
  });

  it.each([
    [file('report.md', '{{question}} {{output.note}} {{inputs.first.note}} {{run.id}}')],
    [file('{{run.id}}/{{output.note}}.md', '{{#output.note}}{{anything}}{{/output.note}}')],
    [
      file(
        'a/b-1/c_2.md',
        '{{#limitations}}- {{.}}{{/limitations}}{{^limitations}}-{{/limitations}}',
      ),
    ],
    [{ tool: 'publish_http', input: { target: 'blog', content: '{{{output.note}}}' } }],
    [{ tool: 'publish_http', input: { target: '{{output.note}}', content: 'x' } }],
  ])('may be %j', (effect) => {
    expect(problemsOf(effect)).toEqual([]);
  });

  it('may publish twice to one target, and to files side by side', () => {
    const http = { tool: 'publish_http', input: { target: 'blog', content: 'x' } };
    expect(problemsOf(http, http, file('a.md'), file('b.md'), file('c/a.md'))).toEqual([]);
  });

  it('of ready teams hold', () => {
    expect(checkTeam(report.definition, installedTools()).problems).toEqual([]);
  });

  it.each<[string, { tool: string; input: Record<string, unknown> }, RegExp]>([
    [
      'an open section',
      file('a', '{{#output}}'),
      /input\/content is not a template: Unclosed section "output"/,
    ],
    [
      'an open tag',
      file('a', 'so {{output.note'),
      /input\/content is not a template: Unclosed tag/,
    ],
    ['a partial', file('a', '{{> header}}'), /input\/content names the partial "header"/],
    [
      'a name that means nothing',
      file('a', '{{outptu.note}}'),
      /input\/content names "outptu\.note"/,
    ],
    [
      'a field that the output has not',
      file('a', '{{output.text}}'),
      /names "output\.text", which there is not/,
    ],
    ['a phase that it does not need', file('a', '{{inputs.second}}'), /names "inputs\.second"/],
    [
      'sections without end',
      file('a', `${'{{#a}}'.repeat(99)}${'{{/a}}'.repeat(99)}`),
      /deeper than 20/,
    ],
    [
      'a tool without effect',
      { tool: 'read_document', input: {} },
      /tool "read_document" changes nothing outside/,
    ],
    [
      'an unknown field',
      { tool: 'publish_file', input: { path: 'a', content: 'b', mode: 1 } },
      /input must NOT have additional properties \("mode"\)/,
    ],
    [
      'a missing field',
      { tool: 'publish_file', input: { path: 'a' } },
      /input must have required property 'content'/,
    ],
    ['a wrong type', file(7), /input\/path must be string/],
    ['a path that leads out', file('a/../../b'), /input\/path must match pattern .*Relative path/],
    ['an absolute path', file('/etc/passwd'), /input\/path must match pattern/],
    [
      'a name of the export',
      file('run.json'),
      /input\/path "run.json" is a name that exports of a run use/,
    ],
    ['a folder of the export', file('Texts/a.md'), /input\/path "Texts\/a.md" is a name/],
    [
      'an unknown target',
      { tool: 'publish_http', input: { target: 'bolg', content: '' } },
      /input\/target must be equal to .*\["blog","store"\]/,
    ],
  ])('are refused before a run: %s', (_words, effect, message) => {
    const problems = problemsOf(effect);
    expect(problems).toEqual([expect.stringMatching(message)]);
    expect(problems[0]).toMatch(/^phases\/1\/effects\/0\//);
  });

  it.each([
    ['report.md', 'report.md'],
    ['report.md', 'Report.md'],
    ['a', 'a/b.md'],
    ['a/b/c.md', 'a/b'],
  ])('do not publish both %s and %s', (one, two) => {
    const definition = team([
      phase('first', { effects: [file(one)] }),
      phase('second', { effects: [file('x.md'), file(two)] }),
    ]);
    expect(checkTeam(definition.definition, HERE).problems).toEqual([
      {
        path: 'phases/1/effects/1/input/path',
        message: expect.stringContaining('in the way of what phases/0/effects/0/input/path'),
      },
    ]);
  });

  it('name no target where there is none, and say how to have one', () => {
    const effects = [{ tool: 'publish_http', input: { target: 'blog', content: 'x' } }];
    const { definition } = team([phase('only', { effects })]);
    expect(checkTeam(definition, installedTools()).problems).toEqual([
      {
        path: 'phases/0/effects/0/tool',
        message: expect.stringContaining('TUESDAY_PUBLISH_TARGETS'),
      },
    ]);
  });
});
