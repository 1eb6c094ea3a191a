/** Who may use the API, as Drizzle sees it: part of `schema.ts`. */
import { boolean, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { Role } from '../contracts/access';

const time = (name: string) => timestamp(name, { withTimezone: true });

export const tokens = pgTable('tokens', {
  tokenId: text('token_id').primaryKey(),
  sha256: text('sha256').notNull(),
  name: text('name').notNull(),
  userId: text('user_id').notNull(),
  roles: text('roles').array().$type<Role[]>().notNull(),
  groups: text('groups').array().notNull(),
  confined: boolean('confined').notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: time('created_at').notNull().defaultNow(),
  expiresAt: time('expires_at').notNull(),
  lastUsedAt: time('last_used_at'),
  revokedAt: time('revoked_at'),
  revokedBy: text('revoked_by'),
});

export const endedSessions = pgTable('ended_sessions', {
  sessionId: text('session_id').primaryKey(),
  until: time('until').notNull(),
});
