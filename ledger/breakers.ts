/** Breakers that are open, for people: who is not asked for a while, since when, until when. */
import { isNotNull } from 'drizzle-orm';
import type { BreakerView } from '../contracts/views';
import { ask, type Database } from './database';
import { breakers } from './schema';

export async function openBreakers({ db }: Database): Promise<BreakerView[]> {
  const rows = await ask(
    db.select().from(breakers).where(isNotNull(breakers.openedAt)).orderBy(breakers.scope),
  );
  return rows.map(({ scope, lastFailure, failures, openedAt, probeAt }) => {
    const [kind = '', ...name] = scope.split(':');
    return {
      kind: kind === 'tool' ? 'tool' : 'model',
      name: name.join(':'),
      failure: lastFailure,
      failures,
      openSince: (openedAt ?? new Date(0)).toISOString(),
      nextTry: (probeAt ?? new Date(0)).toISOString(),
    };
  });
}
