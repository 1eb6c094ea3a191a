/**
 * A server of the Model Context Protocol as a source of tools: one for all runs of a worker.
 *
 * 1. There is at most one connection; it is made when it is first needed, and again after it broke.
 * 2. After a connection that failed or broke, none is tried before a wait, which doubles each time.
 * 3. What has been sent is never sent again, save where the server says that it knew no such session.
 * 4. A server that holds a call longer than it may, and then answers nothing, is started anew.
 * 5. Once closed it stays closed, and none of its processes is left.
 */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Logger } from 'pino';
import { isDeeperThan } from '../../../contracts/depth';
import type { McpSource } from '../../../contracts/sources';
import { violations } from '../../../contracts/team/contract';
import type { JsonSchema } from '../../../contracts/team/schema';
import { closeNames } from '../close-names';
import { ToolError } from '../tool';
import { type CallFailure, isSessionGone, toFailure, toThrow } from './call-errors';
import { type Connection, connect, type McpCall } from './connection';
import type { GroupReaper } from './group-reaper';
import { HttpTransport } from './http-transport';
import { MCP, MCP_TIMES, type McpTimes } from './limits';
import type { ServerTool, ServerTools } from './server-tools';
import { StdioTransport } from './stdio-transport';
import { type CallAnswer, errorText, type McpResult, toResult } from './tool-result';
import { cleanText } from './untrusted-text';

export interface McpServer {
  /**
   * A tool as the server describes it now; where it cannot be reached, as it did before.
   * @throws ToolError `unavailable`, `timeout`; `not_found` where it has no such tool, `rejected` where it has one that cannot be offered
   */
  describe(tool: string): Promise<ServerTool>;
  /**
   * @param isEffect whether a call with an unknown end is a `OutcomeUnknown`
   * @throws ToolError, OutcomeUnknown
   */
  call(asked: McpCall, isEffect: boolean, signal: AbortSignal): Promise<McpResult>;
  close(): Promise<void>;
}

export interface McpServerDeps {
  reaper: GroupReaper;
  log: Pick<Logger, 'info' | 'warn'>;
  /** Default `MCP_TIMES`; tests take shorter ones. */
  times?: Partial<McpTimes>;
}

export function createMcpServer(
  name: string,
  source: McpSource,
  { reaper, log, times: shorter }: McpServerDeps,
): McpServer {
  const times = { ...MCP_TIMES, ...shorter };
  const itself = `the source ${name}`;
  let current: Promise<Connection> | undefined;
  let failures = 0;
  let notBefore = 0;
  let isClosed = false;
  /** Of the current connection, also while it is being made. */
  let transport: Transport | undefined;
  const callsOpen = new Set<McpCall>();
  let lastKnown: ServerTools = new Map();

  function openTransport() {
    if ('url' in source) return new HttpTransport(source.url, source.headers);
    const { command, env } = source;
    const onSaid = (line: string) =>
      log.info({ source: name, stderr: cleanText(line, line.length) }, 'an MCP server says');
    return new StdioTransport({ command, env, reaper, onSaid });
  }

  function connection(): Promise<Connection> {
    current ??= begin().catch((error) => {
      current = undefined;
      throw error;
    });
    return current;
  }

  async function begin(): Promise<Connection> {
    if (isClosed) throw new ToolError('unavailable', 'this worker is being stopped');
    const waitMs = notBefore - Date.now();
    if (waitMs > 0)
      throw new ToolError('unavailable', `${itself} has failed ${failures} times in a row`, {
        retryAfterMs: waitMs,
      });
    const made = openTransport();
    transport = made;
    let upSince: number | undefined;
    let hasEnded = false;
    const ended = () => {
      hasEnded = true;
      if (upSince === undefined || transport !== made) return;
      current = undefined;
      if (!isClosed) failed('the connection ended', Date.now() - upSince);
    };
    try {
      const connected = await connect(made, times, ended);
      if (hasEnded) throw new Error('the connection ended at once');
      upSince = Date.now();
      return connected;
    } catch (error) {
      const { message } = toFailure(error);
      failed(message, 0);
      throw new ToolError('unavailable', `${itself} cannot be reached: ${message}`);
    }
  }

  function failed(reason: string, heldMs: number): void {
    failures = heldMs > times.steadyMs ? 1 : failures + 1;
    const { backoffFirstMs, backoffMaxMs } = times;
    notBefore = Date.now() + Math.min(backoffMaxMs, backoffFirstMs * 2 ** (failures - 1));
    log.warn({ source: name, reason, failures }, 'the connection to an MCP server failed');
  }

  async function listed(ageMsMax: number): Promise<ServerTools> {
    const made = await connection();
    try {
      lastKnown = await made.tools(ageMsMax);
      return lastKnown;
    } catch (error) {
      const { kind, message } = toFailure(error);
      if (kind === 'timeout') await endUnlessAnswering(made);
      const isTold = kind === 'timeout' || kind === 'bad_output';
      throw new ToolError(
        isTold ? kind : 'unavailable',
        `${itself} does not list its tools: ${message}`,
      );
    }
  }

  /** From a list that may be old; a name that is not in it is looked for in a new one. */
  async function known(tool: string): Promise<ServerTool> {
    const tools = await listed(Number.POSITIVE_INFINITY);
    return offered(tool, tools.has(tool) ? tools : await listed(0));
  }

  function offered(tool: string, tools: ServerTools): ServerTool {
    const found = tools.get(tool);
    if (!found) {
      throw new ToolError('not_found', `${itself} has no tool "${tool}" (any more)`, {
        details: { closeTo: closeNames(tool, [...tools.keys()]) },
      });
    }
    if ('unfit' in found)
      throw new ToolError('rejected', `"${tool}" of ${itself} cannot be offered: ${found.unfit}`);
    return found;
  }

  async function ask(asked: McpCall, signal: AbortSignal, isSecond = false): Promise<CallAnswer> {
    const made = await sooner(connection(), signal);
    callsOpen.add(asked);
    try {
      return await made.call(asked, signal);
    } catch (error) {
      if (isSecond || !isSessionGone(error)) throw error;
      await drop(made);
      return ask(asked, signal, true);
    } finally {
      callsOpen.delete(asked);
      if (signal.aborted) lookAfter(made);
    }
  }

  /** Ends a connection on our own account: no failure that the next one has to wait for. */
  async function drop(made: Connection): Promise<void> {
    if ((await current?.catch(() => undefined)) !== made) return;
    current = undefined;
    transport = undefined;
    await made.close();
  }

  /** Nobody waits for it. */
  function lookAfter(made: Connection): void {
    endUnlessAnswering(made).catch((error) =>
      log.warn({ source: name, err: error }, 'an MCP server could not be ended'),
    );
  }

  async function endUnlessAnswering(made: Connection): Promise<void> {
    // A server that does one thing at a time may be at work on these: the last of them looks again.
    const before = [...callsOpen];
    if ((await made.answers()) || before.some((call) => callsOpen.has(call))) return;
    log.warn({ source: name }, 'an MCP server does not answer any more and is ended');
    await made.close();
  }

  /** A server that refuses the input may have changed its tools: then that is what is told. */
  async function failureOf(error: unknown, { tool }: McpCall): Promise<CallFailure> {
    const failure = toFailure(error);
    if (failure.kind === 'invalid_input') offered(tool, await listed(0));
    return failure;
  }

  return {
    async describe(tool) {
      try {
        return offered(tool, await listed(times.listFreshMs));
      } catch (error) {
        const before = lastKnown.get(tool);
        const isDown = error instanceof ToolError && error.retryable;
        if (!isDown || !before || 'unfit' in before) throw error;
        return before;
      }
    },

    async call(asked, isEffect, signal) {
      const { outputSchema } = await sooner(known(asked.tool), signal);
      const answer = await ask(asked, signal).catch(async (error) => {
        if (error instanceof ToolError) throw error;
        throw toThrow(await failureOf(error, asked), isEffect);
      });
      failures = 0;
      return resultOf(answer, isEffect, outputSchema);
    },

    async close() {
      isClosed = true;
      await transport?.close();
    },
  };
}

/** What an effect has answered has happened, whatever the answer looks like. */
function resultOf(answer: CallAnswer, isEffect: boolean, outputSchema?: JsonSchema): McpResult {
  const bad = (message: string) =>
    toThrow({ kind: 'bad_output', message, notCarriedOut: false }, isEffect);
  if (isDeeperThan(MCP.resultDepthMax, answer))
    throw bad(`the result is nested more than ${MCP.resultDepthMax} levels deep`);
  if (answer.isError) throw new ToolError('rejected', errorText(answer));
  const { structuredContent } = answer;
  if (outputSchema && !isEffect) {
    if (!structuredContent) throw bad('the result lacks the structuredContent that it must have');
    const problems = violations(outputSchema, structuredContent).map(
      ({ path, message }) => `${path.slice(1) || 'structuredContent'}: ${message}`,
    );
    if (problems.length > 0) throw bad(cleanText(problems.join('; '), MCP.errorCharactersMax));
  }
  return toResult(answer);
}

/** Waits no longer than the signal lets it; what is waited for goes on for others. */
async function sooner<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = new AbortController();
  const over = new Promise<never>((_, reject) => {
    const stop = () => reject(new ToolError('timeout', 'there was no connection in time'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true, signal: late.signal });
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    late.abort();
  }
}
