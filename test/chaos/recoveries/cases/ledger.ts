import { benchAudit } from '../../../../bench/support/bench-secret';
import { startTcpProxy } from '../../../../bench/support/tcp-proxy';
import { openLedger } from '../../../../ledger';
import type { ChaosCase } from '../chaos-case';

export const LEDGER_CASES: Record<'ledger_unavailable', ChaosCase> = {
  ledger_unavailable: {
    shows:
      'the ledger gone while an answer comes: it is held until it is on record, and bought once',
    async run(chaos) {
      let away: (() => Promise<void>) | undefined;
      let back: (() => Promise<void>) | undefined;
      await chaos.install({
        async workerLedger(databaseUrl) {
          const url = new URL(databaseUrl);
          const { hostname, port } = url;
          const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
          chaos.cleanUp(() => proxy.close());
          away = () => proxy.close();
          back = () => proxy.open();
          url.host = `127.0.0.1:${proxy.port}`;
          return openLedger(url.href, undefined, benchAudit());
        },
      });
      chaos.fault({ kind: 'hold', where: 'before_headers', until: 'release', times: 1 });
      const gone = new Promise<void>((resolve, reject) => {
        const stop = chaos.test.simulator.onRequest(() => {
          stop();
          away?.().then(resolve, reject);
        });
      });
      await chaos.startOnly();
      await gone;
      chaos.test.simulator.release();
      await chaos.answered();
      await back?.();
      await chaos.ends('completed');
      expect(chaos.billedSteps()).toEqual(['only/1/1']);
    },
  },
};
