import type { ChaosCase } from '../chaos-case';

export const PERSON_CASES: Record<'no_answer', ChaosCase> = {
  no_answer: {
    shows: 'nobody answers: reminded, escalated, then the declared decision lets the run complete',
    async run(chaos) {
      await chaos.install();
      const deadline = { remindMs: 1_000, escalateMs: 2_000, decideMs: 4_000 };
      await chaos.startOnly({
        review: { when: 'always', deadline: { ...deadline, default: 'approve' } },
      });
      const { status } = await chaos.test.until(chaos.key, ({ reviews }) =>
        reviews.some(({ remindedAt }) => remindedAt !== undefined),
      );
      expect(status).toBe('waiting_for_review');
      await chaos.test.until(chaos.key, ({ reviews }) =>
        reviews.some(({ escalatedAt }) => escalatedAt !== undefined),
      );
      await chaos.ends('completed');
      expect(chaos.bill()).toHaveLength(1);
      const { decisions } = await chaos.test.tuesday.getRun(chaos.key);
      expect(decisions).toMatchObject([{ decision: 'approve', actor: 'deadline' }]);
    },
  },
};
