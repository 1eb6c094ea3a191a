import { createHmac } from 'node:crypto';
import { canonicalize } from 'json-canonicalize';
import type { ModelCapabilities } from './models';
import { sha256 } from './random';
import type { ContentBlock } from './request/blocks';
import type { Turn } from './request/conversation';
import type { PromptRequest } from './request/schema';

/**
 * Signatures of thinking blocks (API page 3.6): they prove that a block is unmodified, and on
 * newer models that the model, `system`, `tools` and all earlier turns are what they were.
 *
 * The key is a constant so that a conversation goes on after the simulator was started again.
 */
const KEY = 'simulator thinking signature v1';

const MODIFIED =
  '`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.';

interface Signed {
  model: string;
  /** Digest of all that preceded the block. */
  before: string;
  mac: string;
}

export function signThinking(
  thinking: string,
  prompt: PromptRequest,
  turns: Turn[],
  model: ModelCapabilities,
): string {
  const before = digestBefore(prompt, turns);
  const signed: Signed = { model: model.id, before, mac: macOf(model.id, before, thinking) };
  return Buffer.from(JSON.stringify(signed)).toString('base64');
}

/** Why a block that came back is refused, or `undefined`. */
export function blockFault(
  block: Extract<ContentBlock, { type: 'thinking' | 'redacted_thinking' }>,
  prompt: PromptRequest,
  turnsBefore: Turn[],
  model: ModelCapabilities,
): string | undefined {
  // The simulator never redacts, so such a block cannot be one of its own.
  if (block.type === 'redacted_thinking') return MODIFIED;
  const signed = readSignature(block.signature);
  if (signed === undefined) return MODIFIED;
  if (signed.mac !== macOf(signed.model, signed.before, block.thinking)) return MODIFIED;
  if (!model.bindsThinking) return undefined;
  if (signed.model !== model.id) {
    return `\`thinking\` blocks made by ${signed.model} cannot be used with this model.`;
  }
  if (signed.before !== digestBefore(prompt, turnsBefore)) {
    return '`thinking` blocks are bound to the conversation before them: `system`, `tools` and earlier messages cannot be modified.';
  }
  return undefined;
}

function readSignature(signature: string): Signed | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(signature, 'base64').toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { model, before, mac } = value as Record<string, unknown>;
    if (typeof model !== 'string' || typeof before !== 'string' || typeof mac !== 'string') {
      return undefined;
    }
    return { model, before, mac };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const macOf = (model: string, before: string, thinking: string): string =>
  createHmac('sha256', KEY).update(`${model}\n${before}\n${thinking}`).digest('hex');

/** Cache marks may move and finished thinking may be left out, so neither is part of it. */
function digestBefore(prompt: PromptRequest, turns: Turn[]): string {
  const system =
    typeof prompt.system === 'string' ? [{ type: 'text', text: prompt.system }] : prompt.system;
  const conversation = turns.map((turn) => ({
    role: turn.role,
    blocks: turn.blocks.filter(
      (block) => block.type !== 'thinking' && block.type !== 'redacted_thinking',
    ),
  }));
  const before = { system: system ?? [], tools: prompt.tools ?? [], conversation };
  const cleaned = JSON.stringify(before, (key, value: unknown) =>
    key === 'cache_control' || key === 'caller' || value === null ? undefined : value,
  );
  return sha256(canonicalize(JSON.parse(cleaned))).slice(0, 32);
}
