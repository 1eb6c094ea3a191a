import { decodeText } from '../../contracts/text-decoding';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from('naïve – 東京 😀'), 'naïve – 東京 😀'],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffnaïve'), 'naïve'],
    ['UTF-16, little endian', Buffer.from('\ufeffnaïve', 'utf16le'), 'naïve'],
    ['UTF-16, big endian', Buffer.from('\ufeffnaïve', 'utf16le').swap16(), 'naïve'],
    ['Latin-1', latin1('Die Straße führt über die Brücke.'), 'Die Straße führt über die Brücke.'],
    [
      'Windows-1252',
      Buffer.from([0x93, 0x41, 0x6c, 0x73, 0x6f, 0x2c, 0x20, 0x6a, 0x61]),
      '“Also, ja',
    ],
    ['nothing', Buffer.alloc(0), ''],
    ['terminal colours', Buffer.from('\u001b[31mred\u001b[0m'), '\u001b[31mred\u001b[0m'],
  ])('reads %s', (_, bytes, text) => {
    expect(decodeText(bytes)).toEqual({ text });
  });

  it('keeps line ends as they are', () => {
    expect(decodeText(Buffer.from('a\r\nb\rc\n'))).toEqual({ text: 'a\r\nb\rc\n' });
  });

  it('reads UTF-8 in which a few bytes are broken, marking them', () => {
    const broken = Buffer.concat([Buffer.from('Straße über Brücke'), Buffer.from([0xff])]);
    expect(decodeText(broken)).toEqual({ text: 'Straße über Brücke\ufffd' });
  });

  it('reads html in the encoding that it names, and only html', () => {
    const html = Buffer.concat([
      Buffer.from('<html><head><meta charset="koi8-r"></head><body>'),
      Buffer.from('f0d2c9d7c5d4', 'hex'),
    ]);
    expect(decodeText(html, { html: true })).toMatchObject({
      text: expect.stringContaining('Привет'),
    });
    expect(decodeText(html)).not.toMatchObject({ text: expect.stringContaining('Привет') });
  });

  it('reads as Windows-1252 what html calls Latin-1, as browsers do', () => {
    const html = Buffer.from('<meta charset=iso-8859-1><p>\x93\xe9\x94 \x96 \x80', 'latin1');
    expect(decodeText(html, { html: true })).toEqual({
      text: '<meta charset=iso-8859-1><p>“é” – €',
    });
  });

  it('does not fall over an encoding that nobody knows', () => {
    const html = latin1('<meta charset="klingon"><p>Straße</p>');
    expect(decodeText(html, { html: true })).toEqual({
      text: '<meta charset="klingon"><p>Straße</p>',
    });
  });

  it.each([
    ['NUL bytes', Buffer.from('text\0text'), 'nul_bytes'],
    ['NUL bytes behind a byte order mark', Buffer.from('\ufefftext\0'), 'nul_bytes'],
    ['NUL characters in UTF-16', Buffer.from('\ufefftext\0', 'utf16le'), 'nul_bytes'],
    ['control characters', Buffer.from('ab\x01\x02\x03\x04'), 'control_characters'],
    ['an unknown encoding', Buffer.from('f0d2c9d7c5d420cdc9d2', 'hex'), 'unknown_encoding'],
  ])('refuses %s', (_, bytes, notText) => {
    expect(decodeText(bytes)).toEqual({ notText });
  });
});
