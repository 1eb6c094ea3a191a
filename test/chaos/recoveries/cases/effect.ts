import type { PublishTarget } from '../../../../activities/tools/publish-http';
import type { EffectFailureKind } from '../../../../contracts/failures';
import { startTarget, type TestTarget } from '../../../support/publish-target';
import type { Chaos, ChaosCase } from '../chaos-case';

/** A run whose only phase publishes its note once, to a target that does not recognise keys. */
async function publishing(
  chaos: Chaos,
  prepare: (server: TestTarget) => void,
  target: (server: TestTarget) => Partial<PublishTarget> = () => ({}),
): Promise<TestTarget> {
  const server = await startTarget();
  chaos.cleanUp(() => server.close());
  prepare(server);
  await chaos.install({ publishTargets: { store: server.target(target(server)) } });
  await chaos.startOnly({
    effects: [{ tool: 'publish_http', input: { target: 'store', content: '{{output.note}}' } }],
  });
  return server;
}

const canBeAsked = ({ url }: TestTarget) => ({ lookupUrl: `${url}/by-key/{key}` });

export const EFFECT_CASES: Record<EffectFailureKind, ChaosCase> = {
  effect_unknown: {
    shows: 'the connection is cut while it is carried out: its target is asked, and saw it once',
    async run(chaos) {
      const server = await publishing(
        chaos,
        (target) => {
          target.next('cut');
          target.behave({ answer: 200, body: '{"id": "made-1"}' }, 'GET');
        },
        canBeAsked,
      );
      await chaos.ends('completed');
      expect(server.received).toHaveLength(1);
      expect(chaos.bill()).toHaveLength(1);
    },
  },
  effect_not_seen: {
    shows: 'its target has not seen it: a person decides, and only then it is sent once more',
    async run(chaos) {
      const server = await publishing(chaos, (target) => target.next('cut'), canBeAsked);
      await chaos.parked();
      expect(server.received).toHaveLength(1);
      await chaos.decide('resume');
      await chaos.ends('completed');
      expect(server.received).toHaveLength(2);
      expect(chaos.bill()).toHaveLength(1);
    },
  },
  effect_failed: {
    shows: 'its target refuses it: an operator puts that right, and the work is not done again',
    async run(chaos) {
      const server = await publishing(chaos, (target) => target.behave({ answer: 422 }));
      await chaos.parked();
      server.behave({ answer: 200, body: '{"id": "made-1"}' });
      await chaos.decide('resume');
      await chaos.ends('completed');
      expect(server.received).toHaveLength(2);
      expect(chaos.bill()).toHaveLength(1);
    },
  },
};
