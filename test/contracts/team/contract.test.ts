import { compileContract, violations } from '../../../contracts/team/contract';

const CONTRACT = {
  type: 'object',
  properties: {
    findings: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          quote: { type: 'string', minLength: 1 },
          line: { type: 'integer', minimum: 1 },
          'odd/na~me': { type: 'string' },
        },
        required: ['quote', 'line'],
        additionalProperties: false,
      },
    },
    verdict: { enum: ['accept', 'revise'] },
    when: { type: 'string', format: 'date' },
    amount: { anyOf: [{ type: 'number' }, { type: 'null' }] },
  },
  required: ['findings', 'verdict'],
  additionalProperties: false,
};
const GOOD = { findings: [{ quote: 'q', line: 1 }], verdict: 'accept' };

describe('violations of a contract', () => {
  it('end where a pattern would backtrack for ever', () => {
    const contract = { type: 'string', pattern: '^(a+)+$' };
    expect(violations(contract, 'aaa')).toEqual([]);
    expect(violations(contract, `${'a'.repeat(60)}!`)).toMatchObject([
      { keyword: 'pattern', message: expect.stringContaining('backtracks') },
    ]);
    expect(violations(contract, 'b')).toMatchObject([{ keyword: 'pattern' }]);
  });

  it('are none where it holds', () => {
    expect(violations(CONTRACT, GOOD)).toEqual([]);
    expect(violations(CONTRACT, { ...GOOD, when: '2026-02-28', amount: null })).toEqual([]);
  });

  it.each<[string, unknown, string, string]>([
    ['nothing', undefined, '', 'type'],
    ['a list', [], '', 'type'],
    ['missing field', { findings: GOOD.findings }, '', 'required'],
    ['missing nested field', { ...GOOD, findings: [{ line: 1 }] }, '/findings/0', 'required'],
    ['extra field', { ...GOOD, extra: 1 }, '', 'additionalProperties'],
    ['empty list', { ...GOOD, findings: [] }, '/findings', 'minItems'],
    ['wrong type', { ...GOOD, findings: 'many' }, '/findings', 'type'],
    [
      'wrong type in the second item',
      { ...GOOD, findings: [GOOD.findings[0], { quote: 'q', line: 'one' }] },
      '/findings/1/line',
      'type',
    ],
    ['bound', { ...GOOD, findings: [{ quote: 'q', line: 0 }] }, '/findings/0/line', 'minimum'],
    ['fraction', { ...GOOD, findings: [{ quote: 'q', line: 1.5 }] }, '/findings/0/line', 'type'],
    ['length', { ...GOOD, findings: [{ quote: '', line: 1 }] }, '/findings/0/quote', 'minLength'],
    [
      'name with a slash',
      { ...GOOD, findings: [{ quote: 'q', line: 1, 'odd/na~me': 5 }] },
      '/findings/0/odd~1na~0me',
      'type',
    ],
    ['unknown value', { ...GOOD, verdict: 'maybe' }, '/verdict', 'enum'],
    ['day that is not', { ...GOOD, when: '2026-02-30' }, '/when', 'format'],
  ])('%s: the exact path and keyword', (_, value, path, keyword) => {
    expect(violations(CONTRACT, value)).toEqual([
      { path, keyword, message: expect.stringMatching(/\w+/) },
    ]);
  });

  it('are all named, not only the first', () => {
    const found = violations(CONTRACT, { findings: [{ quote: 5 }, {}], verdict: 'no', more: 1 });
    expect(found.map(({ path, keyword }) => `${path} ${keyword}`).sort()).toEqual([
      ' additionalProperties',
      '/findings/0 required',
      '/findings/0/quote type',
      '/findings/1 required',
      '/findings/1 required',
      '/verdict enum',
    ]);
  });

  it('name what is allowed, and what is too much', () => {
    const messages = violations(CONTRACT, { ...GOOD, verdict: 'no', more: 1 }).map(
      ({ message }) => message,
    );
    expect(messages).toContainEqual(expect.stringContaining('["accept","revise"]'));
    expect(messages).toContainEqual(expect.stringContaining('("more")'));
  });

  it('have paths inside unions', () => {
    const paths = violations(CONTRACT, { ...GOOD, amount: 'much' }).map(({ path }) => path);
    expect(new Set(paths)).toEqual(new Set(['/amount']));
  });
});

describe('compiling a contract', () => {
  it('is done once for equal contracts, however their members are ordered', () => {
    const one = compileContract({ type: 'object', properties: { a: { type: 'string' } } });
    const same = compileContract({ properties: { a: { type: 'string' } }, type: 'object' });
    expect(same).toBe(one);
  });

  it('keeps contracts with the same $id apart', () => {
    const text = { $id: 'x', type: 'string' };
    const number = { $id: 'x', type: 'number' };
    expect(violations(text, 'a')).toEqual([]);
    expect(violations(number, 'a')).toHaveLength(1);
  });

  it.each([
    [{ type: 'wurst' }, /type/],
    [{ type: 'string', pattern: '(' }, /Invalid regular expression/],
    [{ $ref: '#/$defs/none' }, /can't resolve reference/],
    [{ type: 'object', $async: true }, /"\$async" is not JSON Schema/],
  ])('refuses %j', (schema, message) => {
    expect(() => compileContract(schema)).toThrow(message);
  });

  it('says nothing on the console about formats that it does not know', () => {
    const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    compileContract({ type: 'string', format: 'nobody-knows-it' });
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});
