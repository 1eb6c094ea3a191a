/** What the simulator was asked, as the campaign needs it: which step came when, and what it should never have held. */
import type { RequestLogEntry, Simulator } from '../../simulator';
import { INJECTED_MARKUP } from './fuzz';
import type { GarbageCase } from './plan';
import { VERDICTS } from './verdicts';

export interface AskedStep {
  round: number;
  turn: number;
  /** Whether it was answered with garbage. */
  isStruck: boolean;
}

export interface RequestWatch {
  /** Calls of a phase, in their order. */
  stepsOf(run: string, phase: string): AskedStep[];
  /** Garbage that another agent got to see. */
  leaks(): string[];
  stop(): void;
}

export function watchRequests(simulator: Simulator, cases: readonly GarbageCase[]): RequestWatch {
  const steps = new Map<string, AskedStep[]>();
  const leaks: string[] = [];
  const stop = simulator.onRequest((entry) => {
    const asked = stepOf(entry);
    if (asked === undefined) return;
    const place = `${asked.run}/${asked.phase}`;
    const known = steps.get(place) ?? [];
    steps.set(place, [...known, { ...asked, isStruck: entry.fault === 'answer_text' }]);
    const body = JSON.stringify(entry.body);
    for (const { run, phase, garbage, marker } of cases) {
      const isSameAgent = run === asked.run && phase === asked.phase;
      const mayHaveIt = isSameAgent || (run === asked.run && isAccepted(garbage));
      if (!mayHaveIt && body.includes(marker))
        leaks.push(`${garbage} of ${run}/${phase} was seen by ${place}`);
    }
    if (body.includes(JSON.stringify(INJECTED_MARKUP).slice(1, -1)))
      leaks.push(`${place} was sent markup of an answer as it was`);
  });
  return {
    stepsOf: (run, phase) => steps.get(`${run}/${phase}`) ?? [],
    leaks: () => leaks,
    stop,
  };
}

const isAccepted = (garbage: GarbageCase['garbage']): boolean =>
  VERDICTS[garbage].verdict === 'accepted';

/** The step key is namespace/run/first run/phase/item/round/turn.model, each part percent-encoded. */
function stepOf({ headers, path }: RequestLogEntry) {
  const parts = headers['idempotency-key']?.split('/').map(decodeURIComponent);
  if (path !== '/v1/messages' || parts === undefined) return undefined;
  const [, run = '', , phase = '', , round = '', step = ''] = parts;
  return { run, phase, round: Number(round), turn: Number.parseInt(step, 10) };
}
