import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAILURE_KINDS } from '../../contracts/failures';
import { failuresPage } from '../../domain/failures-page';

describe('docs/failures.md', () => {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'failures.md'), 'utf8');

  it('is what the table says now (npm run docs)', () => {
    expect(page).toBe(failuresPage());
  });

  it.each(FAILURE_KINDS)('has a line for %s', (kind) => {
    expect(page).toContain(`| \`${kind}\` |`);
  });
});
