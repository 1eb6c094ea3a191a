// Files that are no TypeScript and that the built code reads beside itself.
import { cpSync } from 'node:fs';

cpSync('ledger/migrations', 'dist/ledger/migrations', { recursive: true });
