import { type Simulator, startSimulator } from '../../simulator';
import { ask, clientOf, post } from './support';

describe('which requests a fault hits', () => {
  let simulator: Simulator;
  beforeEach(async () => {
    simulator = await startSimulator();
  });
  afterEach(() => simulator.close());

  /** Statuses of so many requests, one after the other. */
  async function statuses(count: number, body: (index: number) => unknown = () => ask()) {
    const found: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const reply = await post(simulator, body(index));
      await reply.text();
      found.push(reply.status);
    }
    return found;
  }

  it('the nth', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, nth: 2 });
    expect(await statuses(4)).toEqual([200, 500, 200, 200]);
  });

  it('so many from the nth on', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, nth: 2, times: 2 });
    expect(await statuses(4)).toEqual([200, 500, 500, 200]);
  });

  it('the first so many', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, times: 2 });
    expect(await statuses(3)).toEqual([500, 500, 200]);
  });

  it('all, until faults are cleared', async () => {
    simulator.addFault({ kind: 'http_error', status: 500 });
    expect(await statuses(2)).toEqual([500, 500]);
    simulator.clearFaults();
    expect(await statuses(1)).toEqual([200]);
  });

  it('those of a model', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, model: 'claude-opus-5-5' });
    const models = ['claude-haiku-5-5', 'claude-opus-5-5'];
    expect(await statuses(2, (index) => ({ ...ask(), model: models[index] }))).toEqual([200, 500]);
  });

  it('those whose body contains a text', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, contains: 'marker 1' });
    expect(await statuses(2, (index) => ask(`marker ${index}`))).toEqual([200, 500]);
  });

  it('those with a piece in their idempotency key', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, idempotencyKeyContains: '/write/' });
    const research = clientOf(simulator, { 'idempotency-key': 'run/research/1' });
    const write = clientOf(simulator, { 'idempotency-key': 'run/write/1' });
    await expect(research.messages.create(ask())).resolves.toBeDefined();
    await expect(write.messages.create(ask())).rejects.toMatchObject({ status: 500 });
  });

  describe('by the parts of a step key', () => {
    const KEY = ['space', 'run/1', 'first', 'research', '-', '2', '3.model'];
    const key = KEY.map(encodeURIComponent).join('/');
    const keyed = (headers: Record<string, string>) => clientOf(simulator, headers).messages;

    it.each([
      [{ run: 'run/1' }, { run: 'run' }],
      [{ phase: 'research' }, { phase: 'write' }],
      [{ item: '-' }, { item: 'a' }],
      [{ round: 2 }, { round: 1 }],
      [{ turn: 3 }, { turn: 2 }],
      [
        { phase: 'research', turn: 3 },
        { phase: 'research', turn: 4 },
      ],
    ])('%j, and not %j', async (fitting, other) => {
      simulator.addFault({ kind: 'http_error', status: 500, ...other });
      const calls = keyed({ 'idempotency-key': key });
      await expect(calls.create(ask())).resolves.toBeDefined();
      simulator.addFault({ kind: 'http_error', status: 500, ...fitting });
      await expect(calls.create(ask())).rejects.toMatchObject({ status: 500 });
    });

    it('no request without one', async () => {
      simulator.addFault({ kind: 'http_error', status: 500, phase: 'research' });
      await expect(keyed({}).create(ask())).resolves.toBeDefined();
      const short = keyed({ 'idempotency-key': 'run/research/%E0%A4%A' });
      await expect(short.create(ask())).resolves.toBeDefined();
    });
  });

  it('a seeded share', async () => {
    simulator.addFault({ kind: 'http_error', status: 500, probability: 0.5 });
    const first = await statuses(30);
    expect(new Set(first)).toEqual(new Set([200, 500]));
    simulator.clearFaults();
    simulator.addFault({ kind: 'http_error', status: 500, probability: 0.5 });
    expect(await statuses(30)).toEqual(first);
  });

  it('refuses a fault that is none', () => {
    expect(() => simulator.addFault({ kind: 'http_error', status: 200 })).toThrow();
  });
});
