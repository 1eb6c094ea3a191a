import pino from 'pino';
import { type BroughtUp, keepServerUp } from '../../worker/keep-server-up';

const log = pino({ level: 'silent' });
const waits = { lookMs: 1, firstWaitMs: 1, waitMsMax: 2, startsMax: 3 };

class FakeServer implements BroughtUp {
  running = true;
  stopped = 0;
  isRunning = () => this.running;
  stop = async () => {
    this.stopped += 1;
  };
}

function kept(first: FakeServer, restart: () => Promise<BroughtUp>, more: object = {}) {
  const lines: string[] = [];
  const heard = new Set<() => void>();
  const onProgress = (line: string) => {
    lines.push(line);
    for (const look of heard) look();
  };
  const server = keepServerUp(first, {
    name: 'PostgreSQL',
    restart,
    log,
    onProgress,
    waits: { ...waits, ...more },
  });
  const says = (count: number) =>
    new Promise<void>((resolve) => {
      const look = () => lines.length >= count && resolve();
      heard.add(look);
      look();
    });
  return { ...server, lines, says };
}

describe('a server that ends by itself', () => {
  it('is started again, as often as it takes within a row, and said', async () => {
    const first = new FakeServer();
    const second = new FakeServer();
    let tries = 0;
    const server = kept(first, async () => {
      tries += 1;
      if (tries === 1) throw new Error('not yet');
      return second;
    });
    first.running = false;
    await server.says(2);
    expect(server.lines).toEqual([
      'PostgreSQL has ended by itself and is started again',
      'PostgreSQL runs again',
    ]);
    expect(tries).toBe(2);
    await server.stop();
    expect([first.stopped, second.stopped]).toEqual([0, 1]);
  });

  it.each([
    ['it does not start', async () => Promise.reject(new Error('no'))],
    ['it ends each time', async () => Object.assign(new FakeServer(), { running: false })],
  ])('is given up after so many starts in a row, where %s', async (_, restart) => {
    const first = new FakeServer();
    let tries = 0;
    const server = kept(first, () => {
      tries += 1;
      return restart();
    });
    first.running = false;
    await expect(server.failed).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('could not be kept up in 3 starts'),
    });
    expect(tries).toBe(3);
    await server.stop();
  });

  it('begins a new row when it has run for a while', async () => {
    const servers = Array.from({ length: 6 }, () => new FakeServer());
    let next = 1;
    const server = kept(servers[0] as FakeServer, async () => servers[next++] as FakeServer, {
      settledMs: -1,
    });
    for (let ended = 0; ended < 5; ended++) {
      (servers[ended] as FakeServer).running = false;
      await server.says(2 * (ended + 1));
    }
    await server.stop();
    expect(servers[5]?.stopped).toBe(1);
  });

  it('is left alone while everything is being stopped', async () => {
    const first = new FakeServer();
    const server = kept(first, () => Promise.reject(new Error('never asked')));
    const stopped = server.stop();
    first.running = false;
    await stopped;
    expect(server.lines).toEqual([]);
    expect(first.stopped).toBe(1);
  });
});
