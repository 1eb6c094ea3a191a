/** What a round's agent and we have said to each other so far, in full and by reference. */
import { type ContentStore, putText } from '../../contracts/content';
import type { Exchange, ToolCall } from '../model/port';
import { cut } from './compact';
import type { TakenModelStep } from './model-step';
import { jsonPart, TOOL_DATA_TAG } from './prompt-text';
import type { StoredExchange } from './stored-request';
import type { TakenToolStep } from './tool-step';

/** Calls told of when another round is to go about it differently, and the length of each. */
const CALLS_TOLD_MAX = 20;
const CALL_CHARACTERS_MAX = 200;

export class Conversation {
  readonly exchanges: Exchange[] = [];
  readonly stored: StoredExchange[] = [];
  /** All of them, as recorded. */
  readonly toolResults: string[] = [];
  private readonly made = new Map<string, number>();

  /** @param resultCharactersMax results of tools are shown cut to that; default: as they are */
  constructor(
    private readonly content: ContentStore,
    private readonly resultCharactersMax = Number.POSITIVE_INFINITY,
  ) {}

  /** An answer, the results of the calls it made (in their order), and what we say to it. */
  async add(
    { answer, answerSha256 }: TakenModelStep,
    taken: TakenToolStep[],
    said?: string,
  ): Promise<void> {
    const pairs = taken.map((result, index) => {
      const { id = '', name = '' } = answer.toolCalls[index] ?? {};
      return { id, name, result };
    });
    this.toolResults.push(...taken.map((result) => result.taken.content));
    this.exchanges.push({
      assistant: answer.assistant,
      toolResults: pairs.map(({ id, name, result }) => ({
        id,
        content: jsonPart(
          TOOL_DATA_TAG,
          { from: name },
          cut(result.taken.content, this.resultCharactersMax),
        ),
        isError: result.taken.isError,
      })),
      ...(said === undefined ? {} : { said }),
    });
    this.stored.push({
      answerSha256,
      results: pairs.map(({ id, result }) => ({ toolCallId: id, resultSha256: result.sha256 })),
      ...(said === undefined ? {} : { saidSha256: await putText(this.content, said) }),
    });
  }

  /**
   * Counts the calls of one turn, the same one several times in it as once.
   * Returns how many turns have made the one that was made most often.
   */
  countTurn(calls: readonly ToolCall[]): number {
    const keys = new Set(calls.map(({ name, input }) => `${name} ${JSON.stringify(input)}`));
    const counts = [...keys].map((key) => {
      const count = (this.made.get(key) ?? 0) + 1;
      this.made.set(key, count);
      return count;
    });
    return Math.max(0, ...counts);
  }

  /** The calls that were made, for an agent that is to try something else. */
  callsInWords(): string {
    if (this.made.size === 0) return '';
    const told = [...this.made].slice(0, CALLS_TOLD_MAX).map(([call, count]) => {
      const short =
        call.length > CALL_CHARACTERS_MAX ? `${call.slice(0, CALL_CHARACTERS_MAX)}…` : call;
      return `- ${short}${count > 1 ? ` (${count} times)` : ''}`;
    });
    const rest = this.made.size - told.length;
    const more = rest > 0 ? [`- and ${rest} more`] : [];
    return ['', 'Calls that were made:', ...told, ...more].join('\n');
  }
}
