import { checkTeam } from '../../../contracts/team/check';
import { sourceTools } from '../../../contracts/team/source-tools';
import { type InstalledTools, installedTools } from '../../../contracts/tools';
import { phase, team } from '../../support/teams';

const installed: InstalledTools = installedTools({
  sources: {
    news: { kind: 'mcp', categories: [] },
    crm: { kind: 'mcp', categories: ['personal'] },
    filings: { kind: 'data_folder', categories: [] },
  },
});
type Sources = Record<string, { tools: Record<string, unknown> }>;

const check = (sources: unknown, changes: Parameters<typeof phase>[1] = {}) =>
  checkTeam(team([phase('one', changes)], { sources: sources as never }).definition, installed);
const problems = (...asked: Parameters<typeof check>) =>
  check(...asked).problems.map(({ path, message }) => `${path}: ${message}`);

const SEARCH: Sources = { news: { tools: { search: { effect: 'none' } } } };

describe('the sources of a team', () => {
  it('give phases the tools that they declare', () => {
    const { team: checked } = check(SEARCH, { tools: ['news__search', 'search_documents'] });
    expect(checked?.sources).toEqual({
      news: { tools: { search: { effect: 'none', categories: [] } } },
    });
  });

  it('offer no tool that is not declared', () => {
    expect(problems(SEARCH, { tools: ['news__post'] })).toEqual([
      'phases/0/tools/0: "news__post" is not declared: say under sources/news/tools what the tool does outside',
    ]);
    expect(problems({}, { tools: ['news__search'] })).toHaveLength(1);
  });

  it('must say what each tool does outside', () => {
    const [problem] = problems({ news: { tools: { search: {} } } });
    expect(problem).toMatch(/^sources\/news\/tools\/search\/effect: must say what the tool does/);
  });

  it('are MCP servers of the installation', () => {
    const declared = { tools: { read: { effect: 'none' } } };
    expect(problems({ wires: declared, filings: declared })).toEqual([
      'sources/wires: is no source of this installation; it has news, crm: name it in the file of TUESDAY_SOURCES',
      'sources/filings: is a source of the kind data_folder, which has no tools to declare: only MCP servers have',
    ]);
  });

  it('have effects where they declare them, and only there', () => {
    const sources = {
      news: { tools: { search: { effect: 'none' }, post: { effect: 'once' } } },
    };
    const effects = (tool: string) => [{ tool, input: { message: '{{output.note}}' } }];
    expect(problems(sources, { effects: effects('news__post') })).toEqual([]);
    expect(problems(sources, { effects: effects('news__search') })).toEqual([
      'phases/0/effects/0/tool: "news__search" changes nothing outside, so it is no effect; there are publish_file, news__post',
    ]);
  });

  it('take no name that they could not have', () => {
    expect(problems({ News: { tools: {} } })[0]).toMatch(
      /^sources\/News: is no name: it must start/,
    );
    expect(problems({ news: { tools: {}, url: 'x' } })[0]).toMatch(/^sources\/news\/url: is not/);
  });

  it('have a limit', () => {
    const many = Object.fromEntries(
      Array.from({ length: 51 }, (_, i) => [`t${i}`, { effect: 'none' }]),
    );
    expect(problems({ news: { tools: many } })).toEqual([
      'sources/news/tools: must declare at most 50 tools',
    ]);
  });
});

describe('the name of a source’s tool', () => {
  const namesOf = (...tools: string[]) =>
    sourceTools({
      sources: {
        news: {
          tools: Object.fromEntries(
            tools.map((tool) => [tool, { effect: 'none', categories: [] }]),
          ),
        },
      },
    }).map(({ name }) => name);

  it('is that of the source and its own', () => {
    expect(namesOf('search', 'get-sum')).toEqual(['news__search', 'news__get-sum']);
  });

  it('fits the model API whatever its server calls it, and is always the same', () => {
    const odd = ['files/read', 'files.read', 'x'.repeat(120), `${'x'.repeat(119)}y`, 'größe 🎉'];
    const names = namesOf(...odd);
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(new Set(names).size).toBe(odd.length);
    expect(namesOf(...odd)).toEqual(names);
    expect(names[0]).toMatch(/^news__files_read_[0-9a-f]{8}$/);
  });

  it('can be listed by phases as the server has it', () => {
    const sources = { news: { tools: { 'files/read': { effect: 'none' } } } };
    expect(problems(sources, { tools: ['news__files/read'] })).toEqual([]);
    expect(problems(sources, { tools: namesOf('files/read') })).toEqual([]);
  });
});
