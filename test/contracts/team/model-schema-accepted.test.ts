import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { toModelSchema } from '../../../contracts/team/model-schema';
import { type Simulator, startSimulator } from '../../../simulator';
import { someContract } from '../../support/written-contracts';

let simulator: Simulator;
let api: Anthropic;
beforeAll(async () => {
  simulator = await startSimulator();
  api = new Anthropic({ apiKey: 'test-key', baseURL: simulator.url, maxRetries: 0 });
});
afterAll(() => simulator.close());

/** Sends a schema as output format; resolves with the API's complaint, if it has one. */
async function complaintOf(schema: Record<string, unknown>): Promise<string | undefined> {
  try {
    await api.messages.countTokens({
      model: 'claude-haiku-5-5',
      messages: [{ role: 'user', content: 'Hello' }],
      output_config: { format: { type: 'json_schema', schema } },
    });
    return undefined;
  } catch (error) {
    if (error instanceof Anthropic.BadRequestError) return error.message;
    throw error;
  }
}

describe('a contract that is let through', () => {
  it('is taken by the model API once it is translated, whatever it says', async () => {
    let letThrough = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(someContract, async (contract) => {
        const { schema, problems } = toModelSchema(contract);
        if (problems.length > 0) {
          refused++;
          return;
        }
        letThrough++;
        expect(await complaintOf(schema)).toBeUndefined();
      }),
      { numRuns: 600 },
    );
    // Both have to be met often for this test to mean anything.
    expect(letThrough).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  });

  it('would often be refused as it was written', async () => {
    const bounded = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } };
    expect(await complaintOf({ ...bounded, additionalProperties: false })).toMatch(/minimum/);
    expect(await complaintOf(toModelSchema(bounded).schema)).toBeUndefined();
  });
});
