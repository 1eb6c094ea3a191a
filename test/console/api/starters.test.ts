import { createTuesday } from '../../../client/tuesday';
import { phase, team } from '../../support/teams';
import { type SignedInInstallation, serveSignedIn } from './signed-in';

let here: SignedInInstallation;
beforeAll(async () => {
  here = await serveSignedIn();
});
afterAll(() => here.close());

const TEAM = team([phase('only')]);

/** What its workflow was started with. */
async function startOf(id: string) {
  const history = await here.temporal.workflow.getHandle(id).fetchHistory();
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
  return JSON.parse(Buffer.from(started?.input?.payloads?.[0]?.data ?? []).toString());
}
const signedIn = async (...args: Parameters<SignedInInstallation['tokenFor']>) =>
  createTuesday({ apiUrl: here.api.url, token: (await here.tokenFor(...args)).token });

describe('a run that somebody starts who is signed in', () => {
  it('works for them', async () => {
    const ann = await signedIn('ann', ['starter']);
    const { id } = await ann.startRun(TEAM, { question: 'Why?', key: 'anns' });
    const start = await startOf(id);
    expect(start.user).toBe('ann');
    expect(start).not.toHaveProperty('startedBy');
  });

  it('may work for somebody else: then it says who started it', async () => {
    const ann = await signedIn('ann', ['starter']);
    const { id } = await ann.startRun(TEAM, { question: 'Why?', key: 'bobs', user: 'bob' });
    expect(await startOf(id)).toMatchObject({ user: 'bob', startedBy: 'ann' });
  });

  it('works for nobody else where they are confined', async () => {
    const ann = await signedIn('ann', ['starter'], { confined: true });
    const request = { question: 'Why?', key: 'not', user: 'bob' };
    await expect(ann.startRun(TEAM, request)).rejects.toMatchObject({
      kind: 'forbidden',
      message: 'You are signed in as "ann" and cannot speak for "bob": leave user out.',
      field: 'user',
    });
  });

  it('is theirs before it has been opened: they can wait for it, and others cannot', async () => {
    const ann = await signedIn('ann', ['starter'], { confined: true });
    const bob = await signedIn('bob', ['viewer'], { confined: true });
    const { id } = await ann.startRun(TEAM, { question: 'Why?', key: 'waiting' });
    expect(await ann.workflowStatus(id)).toBe('RUNNING');
    await expect(bob.workflowStatus(id)).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('is started by those alone who may', async () => {
    const viewer = await signedIn('vic', ['viewer', 'reviewer', 'operator']);
    await expect(viewer.startRun(TEAM, { question: 'Why?' })).rejects.toMatchObject({
      kind: 'forbidden',
      message: expect.stringContaining('starter or admin'),
    });
  });
});
