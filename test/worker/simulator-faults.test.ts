import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openModelProvider } from '../../worker/model-provider';
import { useTemporaryFolder } from '../support/document-folder';

const folder = useTemporaryFolder();
const open = (env: NodeJS.ProcessEnv) => openModelProvider(env, 1, () => undefined);
const scenario = (text: string): string => {
  const file = join(folder.path(), 'faults.json');
  writeFileSync(file, text);
  return file;
};

describe('faults of the offline simulator', () => {
  it('are on, and said to be, when TUESDAY_SIMULATOR_FAULTS names a file', async () => {
    const file = scenario('[{"kind": "http_error", "status": 529, "phase": "research"}]');
    const provider = await open({ TUESDAY_SIMULATOR_FAULTS: file });
    await provider.close();
    expect(provider.label).toContain('faults on: 1 of TUESDAY_SIMULATOR_FAULTS');
  });

  it('are off, and nothing is said of them, without it', async () => {
    const provider = await open({});
    await provider.close();
    expect(provider.label).not.toContain('faults');
  });

  it.each([
    ['no JSON', '[{', /faults\.json is not JSON/],
    ['no list', '{}', /faults\.json is wrong at its root: /],
    ['an unknown kind', '[{"kind": "flood"}]', /faults\.json is wrong at 0\/kind: /],
    [
      'an unknown condition',
      '[{"kind": "empty_text"}, {"kind": "empty_text", "phases": "x"}]',
      /faults\.json is wrong at 1: .*phases/,
    ],
  ])('of a file with %s are refused in one sentence', async (_what, text, message) => {
    const file = scenario(text);
    await expect(open({ TUESDAY_SIMULATOR_FAULTS: file })).rejects.toMatchObject({
      kind: 'bad_input',
      field: 'TUESDAY_SIMULATOR_FAULTS',
      message: expect.stringMatching(message),
    });
  });

  it('of a file that is not there are refused by its name', async () => {
    const file = join(folder.path(), 'none.json');
    await expect(open({ TUESDAY_SIMULATOR_FAULTS: file })).rejects.toMatchObject({
      kind: 'bad_input',
      message: expect.stringContaining(`${file} cannot be read (ENOENT)`),
    });
  });

  it('are refused with a key: no real provider would hear of them', async () => {
    const file = scenario('[]');
    await expect(
      open({ TUESDAY_SIMULATOR_FAULTS: file, ANTHROPIC_API_KEY: 'a-key' }),
    ).rejects.toMatchObject({ kind: 'bad_input', field: 'TUESDAY_SIMULATOR_FAULTS' });
  });
});
