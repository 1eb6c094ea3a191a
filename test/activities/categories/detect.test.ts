import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { DETECTORS, detect, detectIn } from '../../../activities/categories';
import { CANDIDATE_CHARACTERS_MAX } from '../../../activities/categories/detector';
import type { DataCategory } from '../../../contracts/categories';
import { PACKAGE_ROOT } from '../../../contracts/package-root';

/** Put together here, so that no scanner of the repository takes them for real. */
const key = (...parts: string[]): string => parts.join('');
const PRIVATE_KEY = key('-----BEGIN RSA PRIVATE', ' KEY-----\nMIIEowIBAAKCAQEA7bq2Yx3c\n');

const FOUND: [ground: string, category: DataCategory, text: string][] = [
  ['email address', 'personal', 'Write to Ada <ada.lovelace@analytical-engine.org>.'],
  ['email address', 'personal', 'jörg: joerg+lists@post.uni-bonn.de, or by phone'],
  ['phone number', 'personal', 'Call +49 30 901820 in the morning.'],
  ['phone number', 'personal', 'office +44 (0)20 7946 0958'],
  ['phone number', 'personal', 'The desk is at (212) 736-5000.'],
  ['phone number', 'personal', 'Tel.: 030/901820'],
  ['Spanish identity number', 'personal', 'DNI 12345678Z'],
  ['Italian fiscal code', 'personal', 'codice fiscale RSSMRA85T10A562S'],
  ['Finnish identity number', 'personal', 'henkilötunnus 131052-308T'],
  ['Chinese identity number', 'personal', '身份证 11010519491231002X'],
  ['US social security number', 'personal', 'SSN: 536-90-4399'],
  ['British national insurance number', 'personal', 'National Insurance number: AB 12 34 56 C'],
  ['German tax number', 'personal', 'Steuer-ID: 26 954 371 827'],
  ['Polish identity number', 'personal', 'PESEL: 44051401359'],
  ['Norwegian identity number', 'personal', 'fødselsnummer: 09053426694'],
  ['Indian identity number', 'personal', 'Aadhaar: 2981 7075 1911'],
  ['bank account (IBAN)', 'financial', 'to DE89 3704 0044 0532 0130 00 BY FRIDAY'],
  ['bank account (IBAN)', 'financial', '{"iban":"GB29NWBK60161331926819"}'],
  ['payment card', 'financial', 'card 4012-8888-8888-1881, expires 01/30'],
  ['payment card', 'financial', 'amex 3714 496353 98431'],
  ['private key', 'credentials', PRIVATE_KEY],
  ['AWS access key', 'credentials', key('AWS_ACCESS_KEY_ID=', 'AKIA', 'QYLPMN5HFIQR7XYA')],
  ['GitHub token', 'credentials', key('ghp', '_16C7e42F292c6912E7710c838347Ae178B4a')],
  ['Slack token', 'credentials', key('xoxb', '-2444333222111-abcDEFghiJKLmno')],
  [
    'password in a URL',
    'credentials',
    'postgres://ledger:hunter2%@db.corp.net:5432/x'.replace('%', ''),
  ],
  ['confidential marking', 'confidential', 'Board paper\n\n**STRICTLY CONFIDENTIAL**\n\nAgenda'],
  ['confidential marking', 'confidential', 'TLP:AMBER\nDo not share.'],
];

const NOT_FOUND = [
  'ada@example.com, bob@mail.example.org, no-reply@corp.net',
  'git clone git@github.com:owner/repository.git',
  'https://ada@server.net/path and ssh://git@host.net:22/x',
  'npm install left-pad@1.3.0 @scope/name@latest',
  'call extension 4399 before 12-31-2026',
  'about 1 234 567 890 rows in 2026',
  'version 10.0.19041.1237, build 800-292',
  'order 12345678A of 2026',
  'SSN: 000-12-3456, and 536-90-4399 without a word before it',
  'DE00 3704 0044 0532 0130 00',
  'card 4012-8888-8888-1882',
  'card 0000000000000000 or 4444444444444444',
  'sha 4012888888881881abcdef and 1.4012888888881881',
  'The header is -----BEGIN PRIVATE KEY-----, then base64.',
  key('-----BEGIN PRIVATE', ' KEY-----\nxxxxxxxxxxxxxxxxxxxxxxxx\n'),
  key('AKIA', 'IOSFODNN7EXAMPLE'),
  key('ghp', '_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
  'postgres://user:password@db.corp.net/x, redis://:<secret>@cache.net',
  'mysql://root:hunter2x@localhost/x',
  'This is confidential information of the two parties.',
];

/** A detector may have several forms; each has an example above. */
it('has an example for each of the detectors that are not one issuer’s token among others', () => {
  const shown = new Set(FOUND.map(([ground]) => ground));
  const missing = DETECTORS.filter(({ name }) => !shown.has(name) && !/token|key/i.test(name));
  expect(missing.map(({ name }) => name)).toEqual([]);
});

describe('what is detected', () => {
  it.each(FOUND)('%s (%s) in %j', (ground, category, text) => {
    expect(detect(text)).toEqual({ [category]: [`detected ${ground}`] });
  });

  it.each(NOT_FOUND)('nothing in %j', (text) => {
    expect(detect(text)).toEqual({});
  });

  it('says which categories there are, each with all its grounds', async () => {
    const value = {
      people: [{ mail: 'ada@analytical-engine.org', phone: '030 901820', born: 1815 }],
      account: { iban: 'DE89370400440532013000' },
    };
    const { personal = [], ...others } = await detectIn(value);
    expect(personal.sort()).toEqual(['detected email address', 'detected phone number']);
    expect(others).toEqual({ financial: ['detected bank account (IBAN)'] });
  });

  it('sees through the escapes of JSON, and names of members', async () => {
    const value = { 'ada@analytical-engine.org': ['a\nDE89370400440532013000'] };
    expect(Object.keys(await detectIn(value)).sort()).toEqual(['financial', 'personal']);
  });

  it('finds what stands anywhere in a long text', () => {
    fc.assert(
      fc.property(
        fc.nat(300_000),
        fc.constantFrom('lorem ', 'x', '7', 'ab.cd-', 'A1 '),
        fc.constantFrom(...FOUND),
        (at, filler, [ground, category, found]) => {
          const text = filler.repeat(60_000);
          const planted = `${text.slice(0, at)}\n${found}\n${text.slice(at)}`;
          expect(detect(planted)[category]).toContain(`detected ${ground}`);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('takes no part of a longer word for the whole, wherever a piece ends', () => {
    const digits = `x${'4012888888881881'.repeat(20_000)}`;
    expect(detect(digits)).toEqual({});
  });
});

describe('its cost', () => {
  const HOSTILE = [
    'a',
    '1',
    '1 ',
    '+',
    '+1 ',
    'a@',
    'a.',
    '.a@a',
    'A1',
    'DE89 ',
    '4012 ',
    'tel: ',
    'tel:1 ',
    'x://a:',
    'x://:b',
    '-----BEGIN ',
    'AAAAAA',
    'sk-',
    'ghp_',
    '(2',
    '212-',
    'ssn ',
    ' \t',
    '\n',
    '# ',
    '-1',
    'a%',
    'eyJ',
    'ß',
    '\u00a0',
  ];

  it.each(HOSTILE)(
    'stays in proportion to the length of a text of %j',
    (piece) => {
      const timeOf = (characters: number): number => {
        const text = piece.repeat(Math.ceil(characters / piece.length));
        const began = performance.now();
        detect(text);
        return performance.now() - began;
      };
      timeOf(50_000);
      // A pattern that backtracks takes a hundred times as long for ten times the text, and minutes.
      expect(timeOf(1_000_000)).toBeLessThan(5_000);
    },
    30_000,
  );

  it('needs no longer than it says for a candidate', () => {
    for (const { candidates } of DETECTORS) {
      for (const [, , text] of FOUND)
        for (const [match] of text.matchAll(candidates))
          expect(match.length).toBeLessThanOrEqual(CANDIDATE_CHARACTERS_MAX);
    }
  });
});

/** The texts that come with this installation's packages: real prose, code, numbers, versions. */
function realTexts(): string[] {
  const folder = join(PACKAGE_ROOT, 'node_modules');
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?:^|\/)(?:readme|changelog|history)[^/]*\.md$/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  return [...new Set(texts)];
}

describe('false alarms in real texts', () => {
  const texts = realTexts();
  const share = (category: DataCategory, except?: RegExp): number => {
    const struck = texts.filter((text) =>
      detect(text)[category]?.some((ground) => !except?.test(ground)),
    );
    return struck.length / texts.length;
  };

  it('looks at some hundred of them', () => {
    expect(texts.length).toBeGreaterThan(300);
  });

  it.each(['financial', 'credentials', 'confidential'] as const)(
    '%s: at most one text in two hundred',
    (category) => {
      expect(share(category)).toBeLessThanOrEqual(0.005);
    },
  );

  it('personal: authors’ addresses aside, at most one text in two hundred', () => {
    expect(share('personal', /email/)).toBeLessThanOrEqual(0.005);
  });

  it('takes few random numbers for numbers of people or money', () => {
    const digits = (length: number) =>
      fc.array(fc.nat(9), { minLength: length, maxLength: length }).map((all) => all.join(''));
    const sample = fc.sample(fc.integer({ min: 6, max: 20 }).chain(digits), {
      numRuns: 5_000,
      seed: 1,
    });
    const struck = sample.filter((number) => Object.keys(detect(`no. ${number}`)).length > 0);
    expect(struck.length / sample.length).toBeLessThan(0.01);
  });
});
