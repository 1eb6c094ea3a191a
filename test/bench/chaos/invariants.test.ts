/** Each invariant of the campaign finds what breaks it: a check that cannot fail proves nothing. */
import { INVARIANTS } from '../../../bench/chaos/invariants';
import type { Evidence } from '../../../bench/chaos/invariants/evidence';
import type { CallRow, EffectRow } from '../../../bench/chaos/records';
import { sha256Of } from '../../../contracts/content';
import { report } from '../../../teams';

type Changeable = ReturnType<typeof sound>;
const OUTPUT = sha256Of('output of zq0123456789ab');
const FILE = sha256Of('file of zq0123456789ab');
const RESULT = sha256Of('result');

/** What is on record of one run, which took one step and published one file. */
function sound() {
  return {
    runs: [
      {
        key: 'a',
        atMs: 0,
        team: report,
        user: 'ada',
        marker: 'zq0123456789ab',
        question: 'zq0123456789ab?',
        review: 'declared' as const,
        filesCount: 1,
        postsCount: 1,
      },
    ],
    temporal: new Map([['a', 'COMPLETED']]),
    records: {
      runs: [
        {
          runKey: 'ns/a/1',
          key: 'a',
          firstRunId: '1',
          status: 'completed',
          explanation: null,
          closedAt: new Date() as Date | null,
          stateVersion: 2,
          startedAt: new Date(),
        },
      ],
      calls: [call()],
      accounts: [
        {
          runKey: 'ns/a/1',
          phase: 'only',
          openMicroUsd: 0,
          settledMicroUsd: 10,
          unsettledMicroUsd: 0,
        },
      ],
      effects: [
        {
          stepKey: 'e',
          runKey: 'ns/a/1',
          tool: 'publish_file',
          inputSha256: FILE,
          status: 'done',
          resultSha256: RESULT,
        },
        {
          stepKey: 'p',
          runKey: 'ns/a/1',
          tool: 'publish_http',
          inputSha256: OUTPUT,
          status: 'done',
          resultSha256: null,
        },
      ],
      events: [{ runKey: 'ns/a/1', versions: [1, 2] }],
      states: [{ runKey: 'ns/a/1', versions: [1, 2] }],
      named: new Map([['ns/a/1', new Set([OUTPUT, RESULT])]]),
      artifacts: new Map([
        [OUTPUT, 'output of zq0123456789ab'],
        [FILE, 'file of zq0123456789ab'],
        [RESULT, JSON.stringify({ path: 'a-1/note.md', sha256: FILE, bytes: 22 })],
      ]),
    },
    bill: [line()],
    windows: [] as Evidence['windows'][number][],
    writes: new Map([['a-1/note.md', 1]]),
    carried: [{ target: 'silent' as const, key: 'p', content: 'post' }],
    recognisedCount: 0,
  };
}

function call(changes: Partial<CallRow> = {}): CallRow {
  return {
    callId: 'call-1',
    runKey: 'ns/a/1',
    stepKey: 'ns/a/1/only/-/1/1.model',
    kind: 'model',
    model: 'claude-haiku-5-5',
    status: 'settled',
    reservedMicroUsd: 50,
    costMicroUsd: 10,
    failure: null,
    requestId: 'req_1',
    ...changes,
  };
}

/** A hundred tokens at a tenth of a micro-dollar. */
function line(changes: Partial<Evidence['bill'][number]> = {}): Evidence['bill'][number] {
  return {
    requestId: 'req_1',
    at: '2026-11-21T09:00:00.000Z',
    endedAt: '2026-11-21T09:00:02.000Z',
    model: 'claude-haiku-5-5',
    headers: { 'idempotency-key': 'ns/a/1/only/-/1/1.model', authorization: 'Bearer worker-1' },
    requestDigest: 'd1',
    usage: {
      inputTokens: 100,
      outputTokens: 0,
      cacheCreationInputTokens: 0,
      cacheCreation5mInputTokens: 0,
      cacheCreation1hInputTokens: 0,
      cacheReadInputTokens: 0,
      webSearchRequests: 0,
      thinkingTokens: 0,
    },
    delivered: true,
    ...changes,
  };
}

/** The step is bought again twenty seconds later; the first call stays booked. */
function boughtAgain(evidence: Changeable, first: Partial<Evidence['bill'][number]> = {}): void {
  evidence.bill = [
    line({ ...first }),
    line({ requestId: 'req_2', at: '2026-11-21T09:00:20.000Z' }),
  ];
  evidence.records.calls = [
    call({ requestId: 'req_2' }),
    call({ callId: 'call-0', status: 'unsettled', costMicroUsd: 0, requestId: null }),
  ];
  for (const account of evidence.records.accounts) account.unsettledMicroUsd = 50;
}

const broken = (evidence: Evidence): string[] =>
  INVARIANTS.map((check) => check(evidence))
    .filter(({ violations }) => violations.length > 0)
    .map(({ invariant }) => invariant);

const RUNS = 'every run ends in a declared status, none is lost';
const FILES = 'no file is published twice';
const POSTS = 'nothing is posted twice';
const BOUGHT = 'nothing is bought twice without cause';
const SAME = 'a step asks the same, however often it is tried';
const SETTLED = 'settled calls equal the bill line by line';
const UNSETTLED = 'each unsettled call is booked at no less than its line';
const ACCOUNTS = 'accounts are the sums of their calls';
const VERSIONS = 'state versions are contiguous';
const MARKERS = 'no marker of one run is in the artifacts of another';

it('finds nothing where everything is sound', () => {
  expect(broken(sound())).toEqual([]);
});

type Row = Changeable['records']['runs'][number];
const row = (evidence: Changeable) => evidence.records.runs[0] as Row;

it.each<[string, string[], (evidence: Changeable) => void]>([
  ['a run that the ledger does not know', [RUNS], (e) => void e.records.runs.pop()],
  [
    'a run that goes on',
    [RUNS],
    (e) => {
      row(e).status = 'running';
    },
  ],
  [
    'a status that nobody declared',
    [RUNS],
    (e) => {
      row(e).status = 'vanished';
    },
  ],
  [
    'an end without its closing',
    [RUNS],
    (e) => {
      row(e).closedAt = null;
    },
  ],
  ['a run that goes on in Temporal', [RUNS], (e) => void e.temporal.set('a', 'RUNNING')],
  ['a run that is there twice', [RUNS], (e) => void e.records.runs.push(row(e))],
  ['a file written twice', [FILES], (e) => void e.writes.set('a-1/note.md', 2)],
  ['a file of no effect', [FILES], (e) => void e.writes.set('a-1/other.md', 1)],
  ['a file that is not there', [FILES], (e) => void e.writes.clear()],
  [
    'a file that is missing',
    [FILES],
    (e) => {
      e.records.effects.shift();
      e.writes.clear();
    },
  ],
  [
    'a post that was carried out twice',
    [POSTS],
    (e) => void e.carried.push({ target: 'silent', key: 'p', content: 'post' }),
  ],
  [
    'a post of no effect',
    [POSTS],
    (e) => void e.carried.push({ target: 'silent', key: 'q', content: 'post' }),
  ],
  [
    'a post that two rounds of a phase have made',
    [POSTS],
    (e) => {
      const again = { ...(e.records.effects[1] as EffectRow), stepKey: 'q' };
      e.records.effects.push(again);
      e.carried.push({ target: 'silent', key: 'q', content: 'post' });
    },
  ],
  ['a post that nobody has seen', [POSTS], (e) => void e.carried.pop()],
  [
    'a post that is missing',
    [POSTS],
    (e) => {
      e.records.effects.pop();
      e.carried.pop();
    },
  ],
  ['a call bought twice although it was delivered', [BOUGHT], (e) => boughtAgain(e)],
  [
    'a call bought twice after a ledger that was frozen',
    [BOUGHT],
    (e) => {
      boughtAgain(e);
      e.windows.push(during({ kind: 'ledger_frozen', atMs: 0, forMs: 1 }));
    },
  ],
  [
    'a call bought twice after another worker was killed',
    [BOUGHT],
    (e) => {
      boughtAgain(e);
      e.windows.push(during({ kind: 'worker_killed', worker: 'worker-2', atMs: 0, forMs: 1 }));
    },
  ],
  [
    'a step that asks something else when it is tried again',
    [SAME],
    (e) => {
      boughtAgain(e, { delivered: false, requestDigest: 'd0' });
    },
  ],
  [
    'a settled call that costs something else',
    [SETTLED],
    (e) => {
      e.records.calls = [call({ costMicroUsd: 9 })];
      for (const account of e.records.accounts) account.settledMicroUsd = 9;
    },
  ],
  [
    'a settled call without a line',
    [SETTLED],
    (e) => {
      e.bill = [];
    },
  ],
  [
    'a line that is booked nowhere',
    [UNSETTLED],
    (e) => void e.bill.push(line({ requestId: 'req_9', headers: { 'idempotency-key': 'other' } })),
  ],
  [
    'a line above what is booked for it',
    [UNSETTLED],
    (e) => {
      boughtAgain(e, { delivered: false });
      const lost = e.records.calls[1] as CallRow;
      lost.reservedMicroUsd = 9;
      for (const account of e.records.accounts) account.unsettledMicroUsd = 9;
    },
  ],
  [
    'an account that is not the sum of its calls',
    [ACCOUNTS],
    (e) => {
      for (const account of e.records.accounts) account.settledMicroUsd = 11;
    },
  ],
  [
    'an event that is missing',
    [VERSIONS],
    (e) => {
      e.records.events = [{ runKey: 'ns/a/1', versions: [2] }];
    },
  ],
  [
    'a state that is missing',
    [VERSIONS],
    (e) => {
      e.records.states = [{ runKey: 'ns/a/1', versions: [1] }];
    },
  ],
  [
    "another run's marker, two artifacts away",
    [MARKERS],
    (e) => {
      const deep = sha256Of('deep');
      e.records.artifacts.set(OUTPUT, `see ${deep}`);
      e.records.artifacts.set(deep, 'and zqffffffffffff');
    },
  ],
])('finds %s', (_, names, change) => {
  const evidence = sound();
  change(evidence);
  expect(broken(evidence)).toEqual(names);
});

type Window = Evidence['windows'][number];

function during(fault: Window['fault'], from = '09:00:01', to = '09:00:02'): Window {
  const at = (time: string) => Date.parse(`2026-11-21T${time}.000Z`);
  return { fault, fromMs: at(from), toMs: at(to) };
}

it.each<[string, (evidence: Changeable) => void]>([
  ['its answer was not delivered', (e) => boughtAgain(e, { delivered: false })],
  ...(
    [
      { kind: 'worker_killed', worker: 'worker-1', atMs: 0, forMs: 1 },
      { kind: 'worker_frozen', worker: 'worker-1', atMs: 0, forMs: 1 },
      { kind: 'link_cut', link: 'worker-1>temporal', atMs: 0, forMs: 1 },
      { kind: 'temporal_restarted', killed: true, atMs: 0, forMs: 1 },
      { kind: 'machine_starved' },
    ] satisfies Window['fault'][]
  ).map((fault): [string, (evidence: Changeable) => void] => [
    `${fault.kind} meanwhile`,
    (e) => {
      boughtAgain(e);
      e.windows.push(during(fault));
    },
  ]),
])('excuses a second call where %s', (_, change) => {
  const evidence = sound();
  change(evidence);
  expect(broken(evidence)).toEqual([]);
});

it('excuses nothing by a fault that was over long before', () => {
  const evidence = sound();
  boughtAgain(evidence);
  const killed = { kind: 'worker_killed', worker: 'worker-1', atMs: 0, forMs: 1 } as const;
  evidence.windows.push(during(killed, '08:59:40', '08:59:50'));
  expect(broken(evidence)).toEqual([BOUGHT]);
});
