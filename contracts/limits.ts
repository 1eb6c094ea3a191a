/**
 * Every limit and default in one place, with its unit in its name. Nothing is unlimited: a team may
 * set a value between `min` and `max`, and what it leaves out is `default`.
 */

export interface Limit {
  min: number;
  max: number;
  default: number;
}

const limit = (min: number, standard: number, max: number): Limit => ({
  min,
  max,
  default: standard,
});

/** Policies of a phase. `docs/teams.md` shows them to users. */
export const PHASE_LIMITS = {
  /** Tries of the phase that the workflow decides on, per revision. */
  roundsMax: limit(1, 3, 10),
  /** Model calls in one round. */
  turnsMax: limit(1, 12, 100),
  /** Tries of one model step before the run asks for an operator. */
  modelTriesMax: limit(1, 6, 50),
  /** Tries of one tool step before the agent is told that the tool is unavailable. */
  toolTriesMax: limit(1, 3, 20),
  /** Calls of tools that do not exist or whose input does not fit, in one round. */
  badToolCallsMax: limit(1, 5, 50),
  /** One attempt of a round, with all its steps. */
  startToCloseMs: limit(1_000, 1_800_000, 86_400_000),
  /** How long an entry into a round may wait to begin before the run says so. */
  scheduleToStartMs: limit(1_000, 60_000, 86_400_000),
  /** All attempts of one entry into a round. */
  scheduleToCloseMs: limit(1_000, 7_200_000, 604_800_000),
  /**
   * How soon a lost worker is noticed. A third of it is the interval of heartbeats. A worker whose
   * event loop or way to Temporal stands still for longer loses its attempt, and the call in flight
   * is made again; a hundred runs on one worker at a load of 19 on 2 cores lost none with 2 s. Where
   * calls are long and dear and the way to Temporal is poor, a team sets more.
   */
  heartbeatMs: limit(500, 2_000, 600_000),
  /** Silence of a model in the middle of an answer before it counts as stalled. */
  stallMs: limit(100, 60_000, 600_000),
  /** One model call in all. */
  callMs: limit(500, 600_000, 3_600_000),
  /** One call of a tool. */
  toolMs: limit(100, 60_000, 3_600_000),
  /** Output tokens of one model call (visible output and thinking). */
  maxOutputTokens: limit(256, 8_192, 128_000),
  /** Weight of the phase when the remaining budget is shared out. */
  budgetShare: limit(1, 10, 1_000),
} as const satisfies Record<string, Limit>;
export type PhaseLimitName = keyof typeof PHASE_LIMITS;

/** How often a phase may send earlier work back. */
export const REVISIONS_MAX: Limit = limit(1, 2, 10);

/** How often people may send one phase's output back; each time costs rounds. */
export const PEOPLE_REVISIONS_MAX = 20;
/** Hand-overs of one review from person to person. */
export const DELEGATIONS_MAX = 20;
/** People whose approval one review may need. */
export const QUORUM: Limit = limit(1, 1, 10);
export const REVIEW_GROUPS_MAX = 10;
/** Groups that one person may be in. */
export const PERSON_GROUPS_MAX = 100;
/** Top-ups that one run asks for; then it goes on without. */
export const TOP_UPS_MAX = 20;
export const REVIEW_TRIGGERS_MAX = 10;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/**
 * How long a question to a person may stand before it is asked again, goes a level up, and is decided
 * by itself. A month at most by default, since a run that waits holds its budget.
 */
export const REVIEW_DEADLINES = {
  remindMs: limit(1_000, DAY_MS, 365 * DAY_MS),
  escalateMs: limit(1_000, 3 * DAY_MS, 365 * DAY_MS),
  decideMs: limit(1_000, 30 * DAY_MS, 365 * DAY_MS),
} as const satisfies Record<string, Limit>;

/** Budget of a run, in micro-dollars: at least a tenth of a cent, 2 dollars if nothing is said. */
export const BUDGET_MICRO_USD: Limit = limit(1_000, 2_000_000, 10_000_000_000);

/**
 * How much of it all may be at work or wait at once, in the whole installation and for each user; the
 * file that `TUESDAY_LIMITS` names says otherwise. The defaults are a guard against a runaway caller:
 * one worker does a hundred activities at once, so a few of them are busy before anything waits.
 */
export const LOAD_LIMITS = {
  /** Runs that work; one that waits for a person does not. */
  runsAtWork: { installation: limit(1, 500, 100_000), user: limit(1, 200, 100_000) },
  /** Runs that wait for their turn; 0: what cannot begin at once is refused. */
  runsQueued: { installation: limit(0, 10_000, 1_000_000), user: limit(0, 5_000, 1_000_000) },
  /** Attempts of phases that work. */
  phasesAtWork: { installation: limit(1, 500, 100_000), user: limit(1, 200, 100_000) },
} as const;

/** Priority of a run: 1 comes first, as in Temporal. */
export const RUN_PRIORITY: Limit = limit(1, 3, 5);

/** A queued run is told when it may begin; where that got lost, it asks again by itself. */
export const QUEUE = {
  /** Doubles up to `askMaxMs`. */
  askFirstMs: 5_000,
  askMaxMs: 300_000,
  /** A run that may begin and has not been heard of since is told once more. */
  tellAgainMs: 5_000,
} as const;

/** A phase that has to wait for a place asks again by itself, the later the more are before it. */
export const PHASE_PLACES = {
  /** For each one before it, and for itself; jittered. */
  askEveryMs: 250,
  askMaxMs: 5_000,
  /** Who has not asked for so long counts for nothing: it was cancelled, or no worker is there. */
  freshMs: 15_000,
} as const;

export const TEAM_PHASES_MAX = 50;
export const TEAM_SOURCES_MAX = 20;
/** Tools of one MCP server that a team declares. */
export const SOURCE_TOOLS_MAX = 50;
export const PHASE_NEEDS_MAX = 20;
export const PHASE_TOOLS_MAX = 20;
export const PHASE_EFFECTS_MAX = 10;
export const FALLBACK_MODELS_MAX = 3;
/** Nesting of an effect's input, and of sections in its templates. */
export const EFFECT_DEPTH_MAX = 20;
export const NAME_CHARACTERS_MAX = 40;
export const INSTRUCTIONS_CHARACTERS_MAX = 50_000;
export const QUESTION_CHARACTERS_MAX = 20_000;
export const BUSINESS_KEY_CHARACTERS_MAX = 200;
export const USER_CHARACTERS_MAX = 200;
/** A team definition, as JSON. */
export const TEAM_BYTES_MAX = 1_000_000;
/** Nesting of a team definition; a contract at its own limit takes about two levels for each of its. */
export const TEAM_DEPTH_MAX = 200;

/** Nesting of an output, where its contract leaves it open. */
export const OUTPUT_DEPTH_MAX = 100;
/**
 * An answer longer than this for each of its phase's `maxOutputTokens` is none: English has about 4,
 * and a cut-off answer is asked for with twice the tokens. It would be paid for again by whoever
 * gets it in a prompt.
 */
export const ANSWER_CHARACTERS_PER_TOKEN_MAX = 16;
/**
 * One answer of a model on the wire: 128,000 tokens, each in an event of its own, take a third of it.
 * Whoever sends more is no Messages API.
 */
export const MODEL_ANSWER_BYTES_MAX = 64_000_000;
/** Nesting of a message, inputs of tools included: what is deeper cannot be stored. */
export const MODEL_MESSAGE_DEPTH_MAX = 200;

/** What the Messages API takes in one output format and its strict tools together. Source: Anthropic's structured outputs page, August 2026. */
export const MODEL_SCHEMA_OPTIONAL_PROPERTIES_MAX = 24;
export const MODEL_SCHEMA_UNION_PROPERTIES_MAX = 16;
/** Nesting of a contract that we check; deeper ones are refused. */
export const SCHEMA_DEPTH_MAX = 30;

/**
 * Retries of a round's activity are for lost workers, so they are quick and even: a growing
 * coefficient would make a lost worker wait for what a rate limit did before it.
 */
export const ACTIVITY_RETRY = {
  initialIntervalMs: 100,
  backoffCoefficient: 1,
  /** A backstop far above any policy of steps, each of which has its own count in the ledger. */
  maximumAttempts: 10_000,
} as const;

/** Time-outs of the short activities (open, ingest, record, effect, close). */
export const SHORT_ACTIVITY = {
  startToCloseMs: 120_000,
  /** As of phases. */
  heartbeatMs: 2_000,
  /** Long enough to sit out a database that is down overnight. */
  scheduleToCloseMs: 86_400_000,
} as const;

/** Carrying out an effect, within one short activity. */
export const EFFECT = {
  /** One execution, where the phase's `toolMs` is not shorter. */
  executeMs: 60_000,
  /** Asking its target what became of it. */
  reconcileMs: 20_000,
  /** What has arrived is heard in this time after a time-out. */
  thawMs: 100,
  /** An attempt that stood still for longer between its claim and its execution claims anew. */
  claimFreshMs: 1_000,
} as const;

/** What is asked of a decision; whoever sends one waits for 30 s. */
export const ADMIT_DECISION = { startToCloseMs: 5_000, scheduleToCloseMs: 20_000 } as const;

/** Notifications, each to each of its channels. */
export const DELIVERY = {
  /** One try at the receiver. */
  tryMs: 20_000,
  /** The same with the ledger's part, and time to hold a delivery that a ledger that is away cannot note. */
  startToCloseMs: 120_000,
  /** Between tries where the receiver names no time: doubles, with jitter, up to an hour. */
  backoff: { firstMs: 1_000, maxMs: 3_600_000 },
  /** All tries: a weekend. */
  scheduleToCloseMs: 3 * DAY_MS,
  /** Of one worker. */
  atOnceMax: 20,
  /** How long what was given up is shown. */
  troubleShownMs: 7 * DAY_MS,
} as const;
export const CHANNELS_MAX = 50;
/** Addresses of one mail channel. */
export const CHANNEL_ADDRESSES_MAX = 50;
/** Of what a review is about, in a notification that may hold it. */
export const NOTIFIED_CONTENT_CHARACTERS_MAX = 2_000;

/** What a person says to a decision. */
export const COMMENT_CHARACTERS_MAX = 20_000;

/** Artifacts that a process keeps at hand: teams, prompts, inputs are read again in every phase. */
export const CONTENT_CACHE = { bytesMax: 16_777_216, artifactBytesMax: 262_144 } as const;

/** Ingesting documents may take long; each document has its own time-out inside. */
export const INGEST_START_TO_CLOSE_MS = 3_600_000;

/** Attempts lost in a row without one step recorded between them before the phase stops trying. */
export const CRASHES_IN_A_ROW_MAX = 10;

/** Entries of one round (a re-entry follows each suspension). */
export const ENTRIES_MAX = 200;

/** Versions of a run's state: what an integer column of the ledger holds. */
export const STATE_VERSION_MAX = 2_147_483_647;

/** Backoff of a model or tool step where the provider names no time: full jitter below a doubling ceiling. */
export const BACKOFF = {
  firstMs: 500,
  maxMs: 30_000,
  /** Temporal takes a delay of 0 for: no retry. */
  leastMs: 10,
} as const;
/** A wait that a provider asks for is honoured up to here; a longer one counts as unavailable. */
export const RETRY_AFTER_MS_MAX = 600_000;
/** The same wait, where a phase sets it for one of its tools. */
export const TOOL_BACKOFF = {
  firstMs: limit(BACKOFF.leastMs, BACKOFF.firstMs, RETRY_AFTER_MS_MAX),
  maxMs: limit(BACKOFF.leastMs, BACKOFF.maxMs, RETRY_AFTER_MS_MAX),
} as const satisfies Record<string, Limit>;
/** How old the result of an earlier call may be that stands in for one: a day if nothing is said. */
export const LAST_GOOD_AGE_MS: Limit = limit(1_000, 86_400_000, 2_592_000_000);

/**
 * When calls of a model or tool are held back, for all workers together. A provider that is away is
 * noticed after a handful of calls; what it is asked for after is one call now and then.
 */
export const BREAKER = {
  /**
   * More than the tries of a tool (3): one step alone opens none. Fewer than those of a model (6): it
   * opens before the only run there is has used up its tries.
   */
  failuresInARow: 5,
  /** Until the first probe; doubled by each probe that fails, up to `openMsMax`. */
  openMs: 5_000,
  openMsMax: 120_000,
  /** Beyond the longest time that a probe's call may take: to claim it and to say how it ended. */
  leaseMarginMs: 5_000,
  waitMsLeast: 1_000,
  /**
   * A run waits this share of the time that the outage has lasted, if that is longer than until the
   * next probe: it notices the end within a tenth more, and a day's outage costs it a hundred looks.
   */
  waitShare: 0.1,
  /** Of a wait at most, spread at random over it, so that those who wait come one by one. */
  waitJitter: 0.25,
  /** An outage that has lasted longer is no matter of waiting any more. */
  outageMsMax: 259_200_000,
} as const;

/** Tool calls in one answer of a model; those beyond it are not carried out and count as bad calls. */
export const TOOL_CALLS_PER_TURN_MAX = 32;

/** A tool result that is longer is handed to the model cut, with a note; the whole is an artifact. */
export const TOOL_RESULT_CHARACTERS_MAX = 60_000;

/** One page or file that `fetch_url` gets. */
export const FETCH = {
  urlCharactersMax: 2_000,
  /** From the first request to the readable text; the phase's `toolMs` holds besides. */
  totalMs: 30_000,
  redirectsMax: 5,
  /** As it comes, and as it unpacks. */
  bytesMax: 10_000_000,
  /** Of the text in one result; leaves room in `TOOL_RESULT_CHARACTERS_MAX` for JSON's escapes. */
  textCharactersMax: 40_000,
} as const;
export type FetchLimits = Record<keyof typeof FETCH, number>;

/** Turns of a round that make the same call before its agent must answer with what it has. */
export const SAME_CALL_TURNS_MAX = 3;

/** One query of `query_data`, in a process of its own. */
export const QUERY = {
  sqlCharactersMax: 20_000,
  /** From the start of its process; the phase's `toolMs` holds besides. */
  totalMs: 30_000,
  /** Processes of one worker at once. */
  processesMax: 2,
  threads: 2,
  /** Of DuckDB; nothing is put on disk instead. */
  memoryMbMax: 512,
  /** Of the process's JavaScript, where a value as large as that has room. */
  heapMbMax: 1_024,
  /** Of the whole process: DuckDB does not count all that it takes. */
  processMbMax: 1_536,
  memoryCheckMs: 25,
  rowsMax: 1_000,
  /** Of columns and rows as JSON; leaves room in `TOOL_RESULT_CHARACTERS_MAX`. */
  resultCharactersMax: 40_000,
  cellCharactersMax: 2_000,
  /** Data files of one folder, and folders inside folders. */
  filesMax: 1_000,
  folderDepthMax: 8,
} as const;
export type QueryLimits = Record<keyof typeof QUERY, number>;

/** Letters of prose from which a language is told; a quarter of it in scripts of one language. */
export const LANGUAGE_CHARACTERS_MIN = 60;

/** What a round on a compacted context has of each; a second one has half of that, and so on. */
export const COMPACT = {
  /** Of all hand-offs together, as JSON. */
  handoffsCharactersMax: 60_000,
  documentsMax: 60,
  toolResultCharactersMax: 10_000,
} as const;
/** An example of a contract, or the contract itself, beside the format that the model gets anyway. */
export const EXAMPLE_CHARACTERS_MAX = 8_000;

/** Names of documents listed in a prompt; search reaches the others. */
export const PROMPT_DOCUMENTS_MAX = 300;
/** Characters of a contract violation report given back to a model. */
export const REPORT_CHARACTERS_MAX = 8_000;

/** Client-side time-outs of the ledger: a hanging database must not hang an activity for good. */
export const LEDGER = {
  /** Several round trips: as long as a statement may take, or a slow server could be asked and not reached. */
  connectMs: 15_000,
  statementMs: 15_000,
  /** Of a transaction that waits for its worker; a rebuild reads histories from Temporal in one. */
  transactionIdleMs: 30_000,
  poolConnectionsMax: 20,
  /** Pause between tries of a write that must not be lost (an answer that was paid for). */
  holdRetryMs: 500,
} as const;

/** Verifying the audit log. */
export const AUDIT_VERIFY = {
  rowsAtOnce: 1_000,
  /** Beyond these, problems are only counted. */
  problemsMax: 100,
} as const;

/** Bodies that the HTTP API takes: one artifact, or one JSON request. */
export const API_ARTIFACT_BYTES_MAX = 32_000_000;
export const API_JSON_BYTES_MAX = 1_000_000;

/** For how long an API token can be used. */
export const TOKEN_DAYS = { min: 1, max: 366, default: 90 } as const;
export const TOKEN_NAME_CHARACTERS_MAX = 100;
/** Listed at once, the newest. */
export const TOKENS_LISTED_MAX = 1_000;
/** A bearer token: what a sign-in of a company makes, with many groups in it. */
export const CREDENTIAL_CHARACTERS_MAX = 16_000;
/** A working day: then one signs in again. */
export const SESSION_MS = 8 * 3_600_000;

/** Of one person, in one process; nobody who works by hand comes near it. */
export const REQUESTS_OF_PERSON = { atOnce: 600, perSecond: 60 } as const;
/** Sign-ins that failed, of one address, in one process. */
export const FAILED_SIGN_INS = { atOnce: 20, perSecond: 0.5 } as const;
/** People and addresses that are counted at once; whoever was away longest is forgotten first. */
export const COUNTED_CALLERS_MAX = 10_000;

/** Caches, slots and time-outs of one worker. */
export const WORKER = {
  /**
   * Each takes about half a megabyte (`npm run bench:parked`); those that wait for people go first, and
   * are replayed from fifty events when somebody decides. More than twice the activities at once, so
   * that what works stays.
   */
  cachedWorkflowsMax: 250,
  activitiesMax: 100,
  /**
   * Polls that are open at once, of each kind. Every open poll of a frozen worker swallows a task,
   * which is noticed a time-out later: with the SDK's 10 a run stood still for a minute.
   */
  pollsMax: 2,
  /** Sooner than the SDK's 10 s, so that a killed worker's runs move to another at once. */
  stickyQueueTimeoutMs: 500,
  /**
   * The SDK holds heartbeats back for 80 % of their time-out unless it is told otherwise: one that is
   * late by a second would cost the attempt, and a note to the next attempt would be late by seconds.
   */
  heartbeatHeldMs: 100,
  /** How long a stopping worker waits for its activities to notice cancellation. */
  shutdownGraceMs: 3_000,
} as const;

/**
 * Events of one Temporal run after which the next safe point continues as new. Far below the 51,200
 * that Temporal takes, since a replay reads them all; a run of the report team has about 80.
 */
export const HISTORY_EVENTS_MAX = 5_000;

/** How often runs are looked for that were ended in Temporal without their own closing steps. */
export const RECONCILE = {
  everyMs: 60_000,
  /** A run that has changed since is in nobody's need of help. */
  quietMs: 10_000,
  /** Open runs looked through in one go, those that have been quiet longest first. */
  runsMax: 20_000,
  startToCloseMs: 600_000,
  describedAtOnce: 10,
} as const;

/** Names of users, teams, models and tools that a switch may be set on. */
export const SWITCH_NAME_CHARACTERS_MAX = 200;

/** Open runs are told of a switch while its setter waits; who was not told finds out by itself. */
export const SWITCH_TELLING = { atOnce: 20, signalMs: 2_000, msMax: 10_000 } as const;

/** A run that is to stop lets what is under way finish first. */
export const DRAIN = {
  /** How often the ledger is asked whether anything is under way still. */
  askMs: 5_000,
  /** Answers in a row that nothing is: what seems to run only waits for its next try. */
  idleAnswers: 2,
  /** Then what is under way is cut off and stays booked; as long as a model call takes unless told otherwise. */
  msMax: 600_000,
} as const;

/** Workflow tasks are short; a lost one is tried again after this. */
export const WORKFLOW_TASK_TIMEOUT_MS = 2_000;
