/** `npm run docs`: writes the page that is made from the table of recoveries. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failuresPage } from '../../domain/failures-page';

writeFileSync(join(__dirname, '..', '..', 'docs', 'failures.md'), failuresPage());
