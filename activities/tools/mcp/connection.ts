/** One connection to a server, from its handshake to its end. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { VERSION } from '../../../contracts/package-root';
import { MCP, type McpTimes } from './limits';
import { BadAnswer } from './messages';
import { readTools, type ServerTools, ToolPage } from './server-tools';
import { CallAnswer } from './tool-result';

export interface Connection {
  /** The tools of the server, from a list that is at most `ageMsMax` old. */
  tools(ageMsMax: number): Promise<ServerTools>;
  call(asked: McpCall, signal: AbortSignal): Promise<CallAnswer>;
  /** Whether the server answers at all. */
  answers(): Promise<boolean>;
  close(): Promise<void>;
}

export interface McpCall {
  tool: string;
  input: Record<string, unknown>;
  /** Names this call for good: servers that know keys find it in `_meta`. */
  stepKey: string;
}

const Anything = z.looseObject({});
type Request = Parameters<Client['request']>[0];

/** Where a call's key stands in its `_meta`. */
export const KEY_IN_META = 'tuesday/idempotency-key';

/**
 * What a server asks of us (sampling, elicitation, roots) is refused by the SDK, since no capability
 * is declared; its notifications are heard for one alone, that the list of tools has changed.
 * @param onEnded called once, when it has ended by itself or was closed
 */
export async function connect(
  transport: Transport,
  { connectMs, listMs, pingMs }: McpTimes,
  onEnded: () => void,
): Promise<Connection> {
  const client = new Client({ name: 'tuesday', version: VERSION }, { capabilities: {} });
  let listing: { at: number; tools: Promise<ServerTools> } | undefined;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    listing = undefined;
  });
  client.onclose = onEnded;
  try {
    await client.connect(transport, { timeout: connectMs });
  } catch (error) {
    await transport.close();
    throw error;
  }

  /** Judged here and not by the SDK, whose words for what does not fit are of no kind of their own. */
  async function ask<T>(
    request: Request,
    answer: z.ZodType<T>,
    options: RequestOptions,
  ): Promise<T> {
    const given = await client.request(request, Anything, options);
    const parsed = answer.safeParse(given);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new BadAnswer(
      `the answer is wrong at ${issue?.path.join('/') || 'its root'}: ${issue?.message}`,
    );
  }

  async function list(): Promise<ServerTools> {
    const signal = AbortSignal.timeout(listMs);
    const listed: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MCP.listPagesMax && listed.length < MCP.toolsMax; page++) {
      const { tools, nextCursor }: ToolPage = await ask(
        { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
        ToolPage,
        { signal, timeout: listMs },
      );
      listed.push(...tools);
      if (nextCursor === undefined || nextCursor === cursor) break;
      cursor = nextCursor;
    }
    return readTools(listed);
  }

  return {
    tools(ageMsMax) {
      if (listing && Date.now() - listing.at <= ageMsMax) return listing.tools;
      const begun = { at: Date.now(), tools: list() };
      begun.tools.catch(() => {
        if (listing === begun) listing = undefined;
      });
      listing = begun;
      return begun.tools;
    },
    async call({ tool, input, stepKey }, signal) {
      const params = { name: tool, arguments: input, _meta: { [KEY_IN_META]: stepKey } };
      return ask({ method: 'tools/call', params }, CallAnswer, { signal, timeout: MCP.callMs });
    },
    answers: () =>
      client.ping({ timeout: pingMs }).then(
        () => true,
        () => false,
      ),
    close: () => client.close(),
  };
}
