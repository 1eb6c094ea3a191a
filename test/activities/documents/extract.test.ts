import { extract } from '../../../activities/documents/extract';
import { DOCUMENT_TYPES } from '../../../contracts/documents';
import { makeDocx, makeZip } from '../../support/make-documents';

const DOCX = DOCUMENT_TYPES['.docx'];

const textOf = async (content: string | Buffer, mediaType: string) => {
  const extraction = await extract(Buffer.from(content), mediaType);
  return 'text' in extraction ? extraction.text : extraction.problem;
};

describe('plain texts', () => {
  it.each(['text/markdown', 'text/plain', 'text/csv'])('%s is its own text', async (mediaType) => {
    const content = '\ufeff# Title\r\n\r\n  a,  "b"\r\n';
    expect(await textOf(content, mediaType)).toBe('# Title\n\n  a,  "b"');
  });

  it('refuses what is none', async () => {
    expect(await textOf('a\0b', 'text/plain')).toEqual({
      kind: 'not_text',
      reason: 'is binary, not text (it contains NUL bytes)',
    });
  });
});

describe('html', () => {
  const html = (body: string) => textOf(body, 'text/html');

  it('gives what is read, without scripts, styles and pictures', async () => {
    const page = `<!doctype html><html><head><title>Title</title><style>p { color: red }</style></head>
      <body><h1>Big   heading</h1><!-- hidden --><script>alert('x')</script><noscript>no</noscript>
      <p>First&nbsp;paragraph &amp; <b>bold</b>,
      <a href="https://example.org/">a link</a>.<br>Next <img src="x.png" alt="picture"> line</p></body></html>`;
    expect(await html(page)).toBe('Big heading\n\nFirst paragraph & bold, a link.\nNext line');
  });

  it('puts each row of a table on a line, cells apart, empty ones too', async () => {
    const table =
      '<table><tr><th>Year</th><th>Sales</th></tr><tr><td><p>2023</p></td><td>10</td></tr><tr><td>2024</td><td></td><td>x<p>y</p></td></tr></table>';
    expect(await html(table)).toBe('Year | Sales\n2023 | 10\n2024 | | x\ny');
  });

  it('keeps lists, preformatted code and its indentation', async () => {
    expect(await html('<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>')).toBe('- a\n- b\n  - c');
    expect(await html('<ol><li>a</li><li>b</li></ol>')).toBe(' 1. a\n 2. b');
    expect(await html('<p>x</p><pre>if (a)\n    b</pre>')).toBe('x\n\nif (a)\n    b');
  });

  it('reads the encoding that the document names', async () => {
    const page = Buffer.from('<meta charset="iso-8859-1"><p>Straße</p>', 'latin1');
    expect(await textOf(page, 'text/html')).toBe('Straße');
  });

  it('reads what stands outside any element', async () => {
    expect(await html('just text')).toBe('just text');
  });

  it('survives nesting without end', async () => {
    expect(await html(`${'<div>'.repeat(10_000)}deep`)).toEqual({
      kind: 'no_text',
      reason: 'contains no text',
    });
  });

  it('says so when there is nothing to read', async () => {
    expect(await html('<script>1</script>')).toEqual({
      kind: 'no_text',
      reason: 'contains no text',
    });
  });
});

describe('docx', () => {
  const docx = (content: Buffer) => textOf(content, DOCX);

  it('gives paragraphs and tables', async () => {
    const file = makeDocx([
      'A paragraph & <more>.',
      'The second.',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
      'End',
    ]);
    expect(await docx(file)).toBe('A paragraph & <more>.\n\nThe second.\n\na | b\nc | d\n\nEnd');
  });

  it('refuses what unpacks to more than a document holds, whatever it says of itself', async () => {
    const bomb = makeZip({ 'word/document.xml': Buffer.alloc(201 * 1024 * 1024) });
    bomb.writeUInt32LE(10, bomb.lastIndexOf('PK\x01\x02') + 24);
    expect(await docx(bomb)).toEqual({
      kind: 'too_long',
      reason: 'unpacks to far more than a document may hold',
    });
  });

  it('tells a password-protected one', async () => {
    expect(await docx(Buffer.from('d0cf11e0a1b11ae1000000', 'hex'))).toMatchObject({
      kind: 'encrypted',
    });
  });

  it.each([
    ['no archive', Buffer.from('PK but nothing more')],
    ['an archive without a document', makeZip({ 'a.txt': 'a' })],
    ['a cut one', makeDocx(['x'.repeat(5_000)]).subarray(0, 300)],
    ['entities made to explode', docxOf(bombOfEntities())],
    ['nesting without end', docxOf(`${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`)],
  ])('calls %s damaged', async (_, file) => {
    expect(await docx(file)).toEqual({
      kind: 'damaged',
      reason: 'is damaged or not what its file ending says',
    });
  });
});

it('names the type that it does not read', async () => {
  expect(await textOf('x', 'image/png')).toEqual({
    kind: 'unknown_type',
    reason: 'is of a type that is not read (image/png)',
  });
});

it('refuses a text of more characters than are taken', async () => {
  expect(await textOf('x'.repeat(10_000_001), 'text/plain')).toEqual({
    kind: 'too_long',
    reason: 'has more than 10000000 characters',
  });
});

function docxOf(document: string): Buffer {
  const relationships =
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>';
  return makeZip({
    '[Content_Types].xml': '<Types/>',
    '_rels/.rels': relationships,
    'word/document.xml': document,
  });
}

function bombOfEntities(): string {
  const entities = Array.from(
    { length: 30 },
    (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(9)}">`,
  );
  return `<!DOCTYPE d [<!ENTITY e0 "ha">${entities.join('')}]><d>&e30;</d>`;
}
