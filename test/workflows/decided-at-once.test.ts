/** Two reviewers in processes of their own decide at the same instant, a hundred times. */
import { randomUUID } from 'node:crypto';
import type { RunView } from '../../contracts/views';
import { type ChildScript, runChildScript } from '../support/child-script';
import { temporalAddress } from '../support/servers';
import { phase, team } from '../support/teams';
import { startTestTuesday, type TestTuesday } from '../support/test-tuesday';

const RUNS = 4;
const PHASES = 25;

type Told = { applied: boolean } | { kind: string; message: string };

/** Signs in as one person, says when it is ready, then decides whatever it is told to. */
function reviewer(test: TestTuesday, id: string): ChildScript {
  return runChildScript(
    {
      address: temporalAddress(),
      databaseUrl: test.databaseUrl,
      taskQueue: test.taskQueue,
      person: { id, roles: ['reviewer'], groups: [] },
    },
    `const { Client, Connection } = require('@temporalio/client');
     const { openLedger } = load('ledger/index');
     const { benchAudit, benchSigner } = load('bench/support/bench-secret');
     const { createTuesday } = load('client/tuesday');
     const { installedTools } = load('contracts/tools');
     const { ledger, reader, close } = await openLedger(input.databaseUrl, undefined, benchAudit());
     const connection = await Connection.connect({ address: input.address });
     const tuesday = createTuesday({
       temporal: new Client({ connection }),
       content: ledger.content,
       reader,
       taskQueue: input.taskQueue,
       signer: benchSigner(),
       installedTools: installedTools(),
       person: input.person,
     });
     tell('ready');
     for (let asked = await heard(); asked !== 'stop'; asked = await heard())
       await tuesday.decide(asked.run, asked.decision).then(
         ({ applied }) => tell({ applied }),
         ({ kind, message }) => tell({ kind, message }),
       );
     await connection.close();
     await close();`,
  );
}

let test: TestTuesday;
let ann: ChildScript;
let bob: ChildScript;
beforeAll(async () => {
  test = await startTestTuesday();
  [ann, bob] = [reviewer(test, 'ann'), reviewer(test, 'bob')];
  await Promise.all([ann.next(), bob.next()]);
}, 60_000);
afterAll(async () => {
  for (const one of [ann, bob]) one.say('stop');
  await Promise.all([ann.ended(), bob.ended()]);
  await test.stop();
});

it(`exactly one wins each of ${RUNS * PHASES} times, and the other is told so`, async () => {
  const names = Array.from({ length: PHASES }, (_, index) => `p${index}`);
  const definition = team(names.map((name) => phase(name, { review: 'always' })));
  const ask = { question: 'What is worth a note?', user: 'tester' };
  let wonByAnn = 0;
  for (let count = 0; count < RUNS; count++) {
    const { id } = await test.tuesday.startRun(definition, ask);
    const { reviews } = await test.until(id, (run: RunView) => run.reviews.length === PHASES);
    for (const { id: reviewId, phase: name, digest } of reviews) {
      const bound = { reviewId, digest };
      ann.say({ run: id, decision: { ...bound, decision: 'approve', decisionId: randomUUID() } });
      const output = { note: `Bob’s own of ${name}` };
      bob.say({
        run: id,
        decision: { ...bound, decision: 'edit', output, decisionId: randomUUID() },
      });
      const told = await Promise.all([ann.next<Told>(), bob.next<Told>()]);
      expect(told.filter((one) => 'applied' in one && one.applied)).toHaveLength(1);
      expect(told.filter((one) => 'kind' in one)).toEqual([
        {
          kind: 'conflict',
          message: 'The decision was not taken: the review has been decided already.',
        },
      ]);
      if (told[0] && 'applied' in told[0]) wonByAnn++;
    }
    const { outputs } = await test.tuesday.result(id);
    const { decisions } = await test.tuesday.getRun(id);
    expect(decisions).toHaveLength(PHASES);
    for (const { id: reviewId, phase: name } of reviews) {
      const { actor } = decisions.find((one) => one.reviewId === reviewId) ?? {};
      const isBobs = { note: `Bob’s own of ${name}` };
      if (actor === 'bob') expect(outputs[name]?.output).toEqual(isBobs);
      else expect(outputs[name]?.output).not.toEqual(isBobs);
    }
  }
  // Else they do not decide at the same instant.
  expect(wonByAnn).toBeGreaterThan(0);
  expect(wonByAnn).toBeLessThan(RUNS * PHASES);
}, 300_000);
