/** `npm run docs`: writes the table of endpoints and roles. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { securityPage } from '../../console/api/security-page';
import { describedApi } from './api/described-api';

const PAGE = join(__dirname, '..', '..', 'docs', 'security.md');
writeFileSync(PAGE, securityPage(readFileSync(PAGE, 'utf8'), describedApi()));
