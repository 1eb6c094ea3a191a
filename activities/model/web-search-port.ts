/** A search of the web by the provider of the model, as tools see it. The vendor stays behind it. */
import type { Usage } from '../../contracts/ledger';
import type { CallOptions } from './port';

export interface FoundPage {
  title: string;
  url: string;
  /** As the provider says it, e.g. "April 30, 2026". */
  pageAge?: string;
}

/** What a page says, word for word. */
export interface WebQuote {
  text: string;
  url: string;
}

export type WebSearchFailure = 'rate_limited' | 'invalid_input' | 'unavailable';

export type WebSearchOutcome =
  | { outcome: 'found'; pages: FoundPage[]; summary: string; quotes: WebQuote[] }
  /** The search itself failed: it gave one of the provider's error codes. */
  | { outcome: 'failed'; as: WebSearchFailure; code: string }
  /** The turn is not over: ask again, with this added. */
  | { outcome: 'paused'; turn: PausedTurn }
  /** It ended without having searched. */
  | { outcome: 'not_searched'; ending: string };

/** The vendor's own form of what a paused answer holds so far, sent back as it came. */
export type PausedTurn = { readonly blocks: readonly unknown[] };

export interface WebSearchReply {
  result: WebSearchOutcome;
  usage: Usage;
  requestId: string | null;
  servedBy: string;
}

export interface WebSearchPort {
  /** Who is asked. */
  model: string;
  /** Of one request; what is searched for and found is within. */
  bounds: { promptTokens: number; outputTokens: number; searches: number };
  /** @throws ModelError */
  ask(query: string, paused: readonly PausedTurn[], options: CallOptions): Promise<WebSearchReply>;
}
