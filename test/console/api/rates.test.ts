import { createRate } from '../../../console/api/who/rates';
import { serveSignedIn } from './signed-in';

describe('a rate', () => {
  it('allows so many at once and then as many per second', () => {
    let now = 0;
    const take = createRate({ atOnce: 3, perSecond: 2 }, () => now);
    expect([take('a'), take('a'), take('a')]).toEqual([0, 0, 0]);
    expect(take('a')).toBe(1);
    expect(take('b')).toBe(0);
    now = 500;
    expect([take('a'), take('a')]).toEqual([0, 1]);
    now = 1_000_000;
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 1]);
  });

  it('says in whole seconds when it may be asked again', () => {
    const take = createRate({ atOnce: 1, perSecond: 0.1 }, () => 0);
    expect([take('a'), take('a')]).toEqual([0, 10]);
  });
});

describe('who asks too often', () => {
  it('is told when to ask again, while others are answered', async () => {
    const here = await serveSignedIn({ requests: { atOnce: 5, perSecond: 0.01 } });
    try {
      const [ann, bob] = await Promise.all([
        here.tokenFor('ann', ['viewer']),
        here.tokenFor('bob', ['viewer']),
      ]);
      const asked = Array.from({ length: 8 }, () => here.as(ann.token)('/session'));
      const refused = (await Promise.all(asked)).filter(({ status }) => status === 429);
      expect(refused).toHaveLength(3);
      expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(90);
      expect(refused[0]?.body).toMatchObject({
        type: 'urn:tuesday:too_many',
        title: 'Too many requests',
        detail: expect.stringMatching(/^"ann" asks too often: try again in \d+ s\.$/),
      });
      expect((await here.as(bob.token)('/session')).status).toBe(200);
    } finally {
      await here.close();
    }
  });

  it('is told so of sign-ins that fail, and passes with a good token all the same', async () => {
    const here = await serveSignedIn();
    try {
      const { token } = await here.tokenFor('ann', ['viewer']);
      const tries = Array.from({ length: 60 }, () => here.as(`tdy_${'x'.repeat(43)}`)('/runs'));
      const statuses = (await Promise.all(tries)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([401, 429]));
      expect((await here.as(undefined)('/runs')).status).toBe(429);
      expect((await here.as(token)('/runs')).status).toBe(200);
    } finally {
      await here.close();
    }
  });
});
