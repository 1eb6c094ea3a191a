/**
 * Every bound of the simulator, with its unit last. Those that the API states name the section of
 * the API page they come from; the others are the simulator's own, so that nothing is unlimited.
 */

/** Messages and count_tokens refuse larger bodies with 413 (API page 1.7). */
export const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** API page 4.2. */
export const MESSAGES_COUNT_MAX = 100_000;
/** API page 4.2: the API accepts 128 although its documentation says 64. */
export const TOOL_NAME_CHARS_MAX = 128;
/** API page 3.7; the automatic breakpoint uses one of them. */
export const CACHE_BREAKPOINTS_COUNT_MAX = 4;
/** How far before a breakpoint an earlier cache entry is looked for (API page 3.7). */
export const CACHE_LOOKBACK_BLOCKS_MAX = 20;
/** API page 5.1: per request, over all strict tools and the output format. */
export const STRICT_TOOLS_COUNT_MAX = 20;
export const OPTIONAL_PROPERTIES_COUNT_MAX = 24;
export const UNION_PROPERTIES_COUNT_MAX = 16;
/** API page 3.6. */
export const THINKING_BUDGET_TOKENS_MIN = 1024;
/** API page 3.11: an image as base64 text. */
export const IMAGE_BYTES_MAX = 10 * 1024 * 1024;
export const IMAGE_SIDE_PIXELS_MAX = 8000;
/** API page 3.11: 100 on models with a window of 200,000 tokens. */
export const IMAGES_COUNT_MAX = 600;
export const IMAGES_SMALL_WINDOW_COUNT_MAX = 100;
/** The server's own length is unknown (API page 4.2 advises to stay within 256). */
export const USER_ID_CHARS_MAX = 256;

/** Fixed overheads of a prompt beyond its own text, in tokens; see docs/simulator.md. */
export const TOOLS_OVERHEAD_TOKENS = 350;
export const FORMAT_OVERHEAD_TOKENS = 150;
/** What an image or a PDF counts whose bytes are not in the request. */
export const REMOTE_IMAGE_TOKENS = 1600;
export const REMOTE_DOCUMENT_TOKENS = 3000;

/** What the simulator keeps; the oldest goes first. */
export const BILL_LINES_COUNT_MAX = 200_000;
export const REQUESTS_KEPT_COUNT_MAX = 20_000;
export const BODIES_KEPT_COUNT_MAX = 200;
export const CACHE_ENTRIES_COUNT_MAX = 20_000;
export const FAULTS_COUNT_MAX = 1_000;
/** Of a text that a fault answers with. */
export const FAULT_TEXT_CHARACTERS_MAX = 8 * 1024 * 1024;
export const FAULT_TOOL_CALLS_COUNT_MAX = 100;
/** A fault that holds a request "until release" lets it go after this time all the same. */
export const HOLD_MS_MAX = 3_600_000;
/** A held or slow request whose body never arrives. */
export const BODY_RECEIVE_MS_MAX = 120_000;
/** Idle connections stay open longer than clients keep them, so that none is cut as it is used. */
export const KEEP_ALIVE_MS = 75_000;
/** Regular expressions of schemas: repeats above this are refused as too large (API page 5.1). */
export const PATTERN_REPEAT_COUNT_MAX = 1_000;
/** What is made of a bound that no answer could hold; the answer then falls short of its schema. */
export const ANSWER_CHARACTERS_MAX = 20_000;
export const ANSWER_ITEMS_MAX = 200;
/** Making a value for a schema takes milliseconds, unless a pattern of it backtracks without end. */
export const STRUCTURED_ANSWER_MS_MAX = 2_000;
/** The same for checking an example of a tool. */
export const EXAMPLE_CHECK_MS_MAX = 500;
