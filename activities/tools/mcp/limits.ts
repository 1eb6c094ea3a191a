/** Limits of MCP servers: none of them can hold a worker up, fill its memory or its log. */

/** Waits for a server, in ms. */
export const MCP_TIMES = {
  /** Starting a process (a package runner may install first) and the handshake. */
  connectMs: 30_000,
  /** All pages of a list of tools. */
  listMs: 10_000,
  /** A list that is older is read anew before a prompt is rendered: not every server tells of changes. */
  listFreshMs: 60_000,
  /** After a call that took too long: a server that does not answer this either is started anew. */
  pingMs: 5_000,
  /** Waits between connections that failed, doubled from one to the next. */
  backoffFirstMs: 250,
  backoffMaxMs: 30_000,
  /** A connection that has held for so long does not count as one more that failed. */
  steadyMs: 60_000,
} as const;
export type McpTimes = Record<keyof typeof MCP_TIMES, number>;

export const MCP = {
  listPagesMax: 20,
  toolsMax: 500,
  /** One call, as far as the SDK counts; the phase's `toolMs` is what ends it before. */
  callMs: 3_600_000,
  /** How long a process may take to end by itself before it is killed. */
  endMs: 1_000,
  /** One message, results included. */
  messageBytesMax: 10_000_000,
  resultDepthMax: 100,
  /** What may wait for a process that does not read. */
  unsentBytesMax: 20_000_000,
  /** Lines or events that are no messages, before the connection is cut. */
  garbageMax: 1_000,
  /** Of what a process says on stderr, for the log; of all it says until it is started anew. */
  stderrLineCharactersMax: 1_000,
  stderrCharactersMax: 100_000,
  /** What a server says of an error, to the agent. */
  errorCharactersMax: 4_000,
  /** What a server says of a tool, to the model. */
  descriptionCharactersMax: 4_000,
  schemaBytesMax: 20_000,
  schemaDepthMax: 40,
} as const;
