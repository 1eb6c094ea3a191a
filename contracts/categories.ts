/**
 * What kinds of data a source or a tool gives, and artifacts are made from. They tell what a review
 * can be asked for and what must not leave; a source without any holds nothing that needs care.
 */
export const DATA_CATEGORIES = [
  /** Says something of a person who can be told by it: names, addresses, numbers, accounts. */
  'personal',
  /** Of someone's health: diagnoses, treatments, insurance cases. */
  'health',
  /** Accounts, cards, payments, figures of a company that are not published. */
  'financial',
  /** What opens something: passwords, keys, tokens. */
  'credentials',
  /** Of the house or of a partner, not meant for others. */
  'confidential',
  /** Disputes, opinions of counsel, criminal records. */
  'legal',
  /** Of people who are not of age. */
  'children',
] as const;
export type DataCategory = (typeof DATA_CATEGORIES)[number];

/**
 * What something holds, each with its grounds in a person's words, sorted: `source filings`, `tool
 * news__search`, `documents`, `phase research`, `detected email address`. Names and no content, so
 * that it may stand in a run's state.
 */
export type Categories = Partial<Record<DataCategory, string[]>>;
