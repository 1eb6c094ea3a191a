import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { getJson, getText, MEDIA, putJson, putText } from '../../contracts/content';
import { UserError } from '../../contracts/errors';
import { OTHER_SHA256, SOME_SHA256 } from '../support/plans';
import { openTestLedger, type TestLedger } from '../support/test-ledger';

let test: TestLedger;
beforeAll(async () => {
  test = await openTestLedger();
});
afterAll(() => test.drop());

describe('artifacts', () => {
  it('L7 are named by the sha256 of their bytes, and come back byte for byte', async () => {
    const { content } = test.ledger;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (array) => {
        const bytes = Buffer.from(array);
        const sha256 = await content.put(bytes, 'application/octet-stream');
        expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
        expect((await content.get(sha256)).bytes.equals(bytes)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('are stored once however often and from however many at once they are put', async () => {
    const { content } = test.ledger;
    const bytes = Buffer.from('the same');
    const names = await Promise.all(
      Array.from({ length: 20 }, () => content.put(bytes, MEDIA.text)),
    );
    expect(new Set(names).size).toBe(1);
    const stored = await test.rows('SELECT size FROM artifacts WHERE sha256 = $1', [names[0]]);
    expect(stored).toEqual([{ size: bytes.length }]);
  });

  it('keep the media type that they were first given', async () => {
    const { content } = test.ledger;
    const sha256 = await content.put(Buffer.from('# Title'), MEDIA.markdown);
    await content.put(Buffer.from('# Title'), MEDIA.text);
    expect((await content.get(sha256)).mediaType).toBe(MEDIA.markdown);
  });

  it('hold any text and JSON', async () => {
    const { content } = test.ledger;
    const text = 'ä\u0000\u{1f600}\n';
    expect(await getText(content, await putText(content, text))).toBe(text);
    const value = { b: [1, null, 'ü'], a: { __proto__x: true } };
    expect(await getJson(content, await putJson(content, value))).toEqual(value);
    expect(await putJson(content, { a: 1, b: 2 })).toBe(await putJson(content, { b: 2, a: 1 }));
  });

  it('hold several megabytes', async () => {
    const { content } = test.ledger;
    const bytes = Buffer.alloc(8_000_000, 'x');
    const { bytes: back } = await content.get(await content.put(bytes, MEDIA.text));
    expect(back.equals(bytes)).toBe(true);
  });

  it.each([SOME_SHA256, '', 'not a sha256'])('"%s" is not found', async (sha256) => {
    const error = await test.ledger.content.get(sha256).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ kind: 'not_found', message: expect.stringContaining(sha256) });
  });
});

describe('extracted texts', () => {
  it('are found again by original and version of the extractor', async () => {
    const { extractions } = test;
    const found = { textSha256: OTHER_SHA256, characters: 10, lines: 2 };
    await extractions.put(SOME_SHA256, 'v1', found);
    expect(await extractions.get(SOME_SHA256, 'v1')).toEqual(found);
    expect(await extractions.get(SOME_SHA256, 'v2')).toBeUndefined();
    expect(await extractions.get(OTHER_SHA256, 'v1')).toBeUndefined();
  });

  it('may be problems, and the first word stays', async () => {
    const { extractions } = test;
    await extractions.put(SOME_SHA256, 'v3', { problem: 'is encrypted' });
    await extractions.put(SOME_SHA256, 'v3', { textSha256: OTHER_SHA256, characters: 1, lines: 1 });
    expect(await extractions.get(SOME_SHA256, 'v3')).toEqual({ problem: 'is encrypted' });
  });
});
