import { checkTeam } from '../../../contracts/team/check';
import type { TeamProblem } from '../../../contracts/team/problems';
import { installedTools } from '../../../contracts/tools';
import { phase, team } from '../../support/teams';

const HERE = installedTools({
  sources: {
    registry: { kind: 'http', categories: [] },
    filings: { kind: 'data_folder', categories: ['financial'] },
  },
});
const checked = (...tools: unknown[]) =>
  checkTeam({ ...team([]).definition, phases: [{ ...phase('only'), tools }] }, HERE);
const problemsOf = (...tools: unknown[]): TeamProblem[] => checked(...tools).problems;

describe('tools of a phase', () => {
  it('are names, or objects with what the phase says of them', () => {
    const { team: good, problems } = checked(
      'read_document',
      {
        tool: 'fetch_url',
        triesMax: 5,
        timeoutMs: 2_000,
        backoff: { firstMs: 50 },
        fallback: { tool: 'search_documents', input: { query: 'of {{url}}' } },
        lastGoodAgeMsMax: 60_000,
        sources: ['registry'],
        required: true,
        recoveries: { tool_unavailable: ['fallback_tool', 'last_good_result', 'ask_operator'] },
      },
      'search_documents',
    );
    expect(problems).toEqual([]);
    expect(good?.phases[0]?.tools).toMatchObject([
      { tool: 'read_document', required: false },
      {
        tool: 'fetch_url',
        triesMax: 5,
        backoff: { firstMs: 50, maxMs: 30_000 },
        fallback: { tool: 'search_documents', input: { query: 'of {{url}}' } },
      },
      { tool: 'search_documents', required: false },
    ]);
  });

  it.each<[string, unknown[], Record<string, RegExp>]>([
    ['no tool', [7], { '0': /must be the name of a tool or \{"tool": name/ }],
    ['an unknown tool', [{ tool: 'telepathy' }], { '0': /"telepathy" is not a tool that is inst/ }],
    ['a tool twice', ['fetch_url', { tool: 'fetch_url' }], { '1': /"fetch_url" is listed twice/ }],
    [
      'policies that are none',
      [{ tool: 'fetch_url', triesMax: 0, timeoutMs: 'long', retries: 3 }],
      {
        '0/triesMax': /a whole number from 1 to 20; nothing is unlimited/,
        '0/timeoutMs': /a whole number from 100 to 3600000/,
        '0/retries': /is not a property/,
      },
    ],
    [
      'waits that shrink',
      [{ tool: 'fetch_url', backoff: { firstMs: 5_000, maxMs: 100 } }],
      { '0/backoff/firstMs': /must not be longer than maxMs/ },
    ],
    [
      'a fallback that is the tool itself',
      [{ tool: 'fetch_url', fallback: 'fetch_url' }],
      { '0/fallback': /is the tool itself/ },
    ],
    [
      'a fallback that the phase does not have',
      [{ tool: 'fetch_url', fallback: 'read_document' }],
      { '0/fallback': /"read_document" is not among the tools of the phase/ },
    ],
    [
      'fallbacks in a circle',
      [
        { tool: 'fetch_url', fallback: 'read_document' },
        { tool: 'read_document', fallback: { tool: 'search_documents' } },
        { tool: 'search_documents', fallback: 'fetch_url' },
      ],
      {
        '0/fallback': /fetch_url → read_document → search_documents → fetch_url/,
        '1/fallback': /leads back to itself/,
        '2/fallback': /leads back to itself/,
      },
    ],
    [
      'templates that are none',
      [
        { tool: 'fetch_url', fallback: { tool: 'read_document', input: { document: ['{{url'] } } },
        'read_document',
      ],
      { '0/fallback/input/document/0': /is not a template: Unclosed tag/ },
    ],
    [
      'an effect as a fallback',
      [{ tool: 'fetch_url', fallback: 'publish_file' }, 'publish_file'],
      { '0/fallback': /an effect stands in for nothing/ },
    ],
    [
      'policies that no effect has',
      [
        {
          tool: 'publish_file',
          triesMax: 2,
          timeoutMs: 1_000,
          required: true,
          fallback: 'fetch_url',
        },
        'fetch_url',
      ],
      { '0/fallback': /an effect has only/, '0/required': /an effect has only/ },
    ],
    [
      'sources that it does not read',
      [{ tool: 'fetch_url', sources: ['registry', 'filings', 'nowhere'] }],
      {
        '0/sources/1': /"filings" is no source that "fetch_url" reads here; there are registry/,
        '0/sources/2': /"nowhere" is no source/,
      },
    ],
    [
      'recoveries that can never be taken',
      [
        {
          tool: 'fetch_url',
          required: true,
          recoveries: {
            tool_unavailable: ['fallback_tool', 'skip'],
            tool_refused: ['ask_person'],
            overloaded: ['retry'],
          },
        },
      ],
      {
        '0/recoveries/tool_refused/0': /must be one of tell_agent, fallback_tool, skip/,
        '0/recoveries/overloaded': /is not a failure .*there are tool_timeout, /,
      },
    ],
    [
      'recoveries of a required tool that go without it',
      [
        {
          tool: 'fetch_url',
          required: true,
          recoveries: { tool_unavailable: ['fallback_tool', 'skip', 'degrade'] },
        },
      ],
      {
        '0/recoveries/tool_unavailable/0': /there is no "fallback" to call/,
        '0/recoveries/tool_unavailable/1': /a required tool is never gone without/,
      },
    ],
  ])('say what is wrong with %s', (_what, tools, expected) => {
    const found = Object.fromEntries(problemsOf(...tools).map((each) => [each.path, each.message]));
    expect(found).toEqual(
      Object.fromEntries(
        Object.entries(expected).map(([path, message]) => [
          `phases/0/tools/${path}`,
          expect.stringMatching(message),
        ]),
      ),
    );
  });
});

it('web_search is a tool only where the Anthropic API itself is asked', () => {
  const { definition } = team([phase('only', { tools: ['web_search'] })]);
  expect(checkTeam(definition, installedTools()).problems).toEqual([
    {
      path: 'phases/0/tools/0',
      message:
        '"web_search" searches by the Anthropic API itself: it needs ANTHROPIC_API_KEY, and no ANTHROPIC_BASE_URL',
    },
  ]);
  expect(checkTeam(definition, installedTools({ webSearch: true })).problems).toEqual([]);
});
