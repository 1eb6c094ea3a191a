/**
 * The search attributes of every run, by which Temporal's own lists are filtered
 * (`TuesdayStatus = "running" AND TuesdayTeam = "report"`). Values are ids and enums, no content.
 */

/** The types of Temporal's custom search attributes that Tuesday uses. */
export type SearchAttributeTypeName = 'Keyword' | 'KeywordList' | 'Text' | 'Int' | 'Datetime';

/** Name and type as they are registered with a Temporal namespace. */
export const SEARCH_ATTRIBUTES = {
  /** Name of the team. */
  TuesdayTeam: 'Keyword',
  /** Version of the team. */
  TuesdayVersion: 'Keyword',
  /** Opaque id of the user for whom the run works. */
  TuesdayUser: 'Keyword',
  /** Run status, e.g. `waiting_for_review`. */
  TuesdayStatus: 'Keyword',
  /** Phases at work: more than one where the graph allows. */
  TuesdayPhase: 'KeywordList',
  /** Kinds of the limitations so far, e.g. `source_unavailable`. */
  TuesdayLimitation: 'KeywordList',
} as const satisfies Record<string, SearchAttributeTypeName>;

export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;
