/** API tokens and ended sessions. */
import { desc, eq, lt, sql } from 'drizzle-orm';
import { TOKENS_LISTED_MAX } from '../contracts/limits';
import type { TokenLedger, TokenView } from '../contracts/tokens';
import { endedSessions, tokens } from './access-schema';
import { ask, type Database } from './database';

export function createTokenLedger({ db }: Database): TokenLedger {
  return {
    async createToken({ id, user, ...token }) {
      const [row] = await ask(
        db
          .insert(tokens)
          .values({ ...token, tokenId: id, userId: user })
          .returning(),
      );
      return view(row as TokenRow);
    },

    async findToken(by) {
      const condition = 'sha256' in by ? eq(tokens.sha256, by.sha256) : eq(tokens.tokenId, by.id);
      const [row] = await ask(db.select().from(tokens).where(condition));
      if (!row) return undefined;
      const hour = new Date();
      hour.setUTCMinutes(0, 0, 0);
      if (!row.revokedAt && (row.lastUsedAt ?? 0) < hour)
        await ask(
          db.update(tokens).set({ lastUsedAt: hour }).where(eq(tokens.tokenId, row.tokenId)),
        );
      return view(row);
    },

    async listTokens() {
      const rows = await ask(
        db
          .select()
          .from(tokens)
          .orderBy(desc(tokens.createdAt), desc(tokens.tokenId))
          .limit(TOKENS_LISTED_MAX),
      );
      return rows.map(view);
    },

    async revokeToken(id, by) {
      const [row] = await ask(
        db
          .update(tokens)
          .set({
            revokedAt: sql`coalesce(${tokens.revokedAt}, clock_timestamp())`,
            revokedBy: sql`coalesce(${tokens.revokedBy}, ${by})`,
          })
          .where(eq(tokens.tokenId, id))
          .returning(),
      );
      return row && view(row);
    },

    async endSession(sessionId, until) {
      await ask(db.delete(endedSessions).where(lt(endedSessions.until, new Date())));
      await ask(db.insert(endedSessions).values({ sessionId, until }).onConflictDoNothing());
    },

    async hasEnded(sessionId) {
      const rows = await ask(
        db.select().from(endedSessions).where(eq(endedSessions.sessionId, sessionId)),
      );
      return rows.length > 0;
    },
  };
}

type TokenRow = typeof tokens.$inferSelect;

const view = (row: TokenRow): TokenView => ({
  id: row.tokenId,
  name: row.name,
  user: row.userId,
  roles: row.roles,
  groups: row.groups,
  confined: row.confined,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  ...(row.lastUsedAt ? { lastUsedAt: row.lastUsedAt.toISOString() } : {}),
  ...(row.revokedAt ? { revokedAt: row.revokedAt.toISOString() } : {}),
  ...(row.revokedBy ? { revokedBy: row.revokedBy } : {}),
});
