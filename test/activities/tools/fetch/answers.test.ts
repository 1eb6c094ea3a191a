/** What servers answer, well or badly, and what `fetch_url` makes of it. */
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { makePdf } from '../../../support/make-documents';
import { fetched, httpSource, theServer } from './fetched';

type Headers = Record<string, string>;

function page(path: string, body: string | Uint8Array, headers: Headers = {}, status = 200): void {
  theServer().pages[path] = (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers });
    response.end(body);
  };
}

const HTML =
  '<html><head><title> Caf\u00e9 &amp; Bar </title><script>bad()</script></head><body><h1>Menu</h1><p>Cr\u00eape</p></body></html>';

describe('fetch_url reads', () => {
  it('a page as text with its title, and says where it comes from', async () => {
    page('/menu', HTML);
    page('/old', '', { location: 'menu#top' }, 301);
    expect(await fetched('/old#there')).toEqual({
      url: `${theServer().origin}/menu`,
      source: 'local',
      title: 'Caf\u00e9 & Bar',
      mediaType: 'text/html',
      text: expect.stringMatching(/^Menu\s+Cr\u00eape$/),
    });
  });

  it('PDF, JSON, CSV, XML and text', async () => {
    page('/a.pdf', makePdf([['Total 41,250 EUR']]), { 'content-type': 'application/pdf' });
    page('/a.json', '{"total": 1}', { 'content-type': 'application/json' });
    page('/a.csv', 'a,b\n1,2\n', { 'content-type': 'text/csv' });
    page('/feed', '<rss>new</rss>', { 'content-type': 'application/rss+xml; charset=UTF-8' });
    page('/a.md', '# Title', { 'content-type': 'text/markdown' });
    const read = async (path: string) => {
      const { mediaType, text, title } = await fetched(path);
      return [mediaType, text.trim(), title];
    };
    expect(await read('/a.pdf')).toEqual(['application/pdf', 'Total 41,250 EUR', undefined]);
    expect(await read('/a.json')).toEqual(['application/json', '{"total": 1}', undefined]);
    expect(await read('/a.csv')).toEqual(['text/csv', 'a,b\n1,2', undefined]);
    expect(await read('/feed')).toEqual(['application/rss+xml', '<rss>new</rss>', undefined]);
    expect(await read('/a.md')).toEqual(['text/markdown', '# Title', undefined]);
  });

  it('files whose server does not know their type, by their ending or as text', async () => {
    const unknown = { 'content-type': 'application/octet-stream' };
    page('/data.csv', 'a;b', unknown);
    theServer().pages['/plain'] = (_request, response) => response.writeHead(200).end('plain');
    expect(await fetched('/data.csv')).toMatchObject({ mediaType: 'text/csv', text: 'a;b' });
    expect(await fetched('/plain')).toMatchObject({ mediaType: 'text/plain', text: 'plain' });
  });

  it.each<[string, Uint8Array, string]>([
    ['windows-1251', Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]), 'Привет'],
    ['utf-16le', Buffer.from('日本', 'utf16le'), '日本'],
    ['iso-2022-jp', Buffer.from('\x1b$BF|K\\\x1b(B', 'latin1'), '日本'],
    ['"Shift_JIS"', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), '日本'],
    // What it really is goes before what its server says of all pages.
    ['iso-8859-1', Buffer.from('Straße'), 'Straße'],
    ['no-such-charset', Buffer.from('Straße'), 'Straße'],
  ])('what is encoded in %s', async (charset, bytes, text) => {
    page('/encoded', bytes, { 'content-type': `text/plain; charset=${charset}` });
    expect((await fetched('/encoded')).text).toBe(text);
  });

  it.each<[string, (text: string) => Uint8Array]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('what is compressed by %s', async (encoding, compress) => {
    page('/packed', compress(HTML), { 'content-encoding': encoding });
    expect(await fetched('/packed')).toMatchObject({ title: 'Caf\u00e9 & Bar' });
  });

  it('long texts in parts, and tears no character apart', async () => {
    const text = `${'.'.repeat(9)}😀${'x'.repeat(5)}`;
    page('/long', text, { 'content-type': 'text/plain; charset=utf-8' });
    const limits = { textCharactersMax: 10 };
    const first = await fetched('/long', { limits });
    expect(first).toMatchObject({ text: '.'.repeat(9), cut: { next: 9, characters: 16 } });
    const { cut, text: rest } = await fetched('/long', { limits, from: 9 });
    expect([rest, cut]).toEqual(['😀xxxxx', undefined]);
    await expect(fetched('/long', { limits, from: 16 })).rejects.toMatchObject({
      kind: 'invalid_input',
    });
  });
});

describe('fetch_url says of', () => {
  it.each<[number, Headers, object]>([
    [404, {}, { kind: 'not_found', retryable: false }],
    [410, {}, { kind: 'not_found', retryable: false }],
    [400, {}, { kind: 'rejected', retryable: false }],
    [401, {}, { kind: 'rejected', retryable: false }],
    [403, {}, { kind: 'rejected', retryable: false }],
    [451, {}, { kind: 'rejected', retryable: false }],
    [304, {}, { kind: 'rejected', retryable: false }],
    [302, {}, { kind: 'rejected', retryable: false }],
    [408, {}, { kind: 'unavailable', retryable: true }],
    [429, {}, { kind: 'rate_limited', retryable: true, retryAfterMs: undefined }],
    [429, { 'retry-after': '7' }, { kind: 'rate_limited', retryAfterMs: 7_000 }],
    [500, {}, { kind: 'unavailable', retryable: true }],
    [503, { 'retry-after': '2' }, { kind: 'unavailable', retryAfterMs: 2_000 }],
  ])('an answer %i %j: %j', async (status, headers, error) => {
    page('/status', 'x', headers, status);
    await expect(fetched('/status')).rejects.toMatchObject({ name: 'ToolError', ...error });
  });

  it('a date to wait for, how long that is', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    page('/status', 'x', { 'retry-after': date }, 429);
    const error = await fetched('/status').catch((thrown) => thrown);
    expect(error.retryAfterMs).toBeGreaterThan(50_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it.each<[string, string | Uint8Array, Headers, string]>([
    ['an image', 'x', { 'content-type': 'image/png' }, 'rejected'],
    ['an archive', 'x', { 'content-type': 'application/zip' }, 'rejected'],
    ['an unknown file', 'x', { 'content-type': 'application/octet-stream' }, 'rejected'],
    ['binary data said to be text', Buffer.alloc(99), { 'content-type': 'text/plain' }, 'rejected'],
    ['HTML said to be PDF', HTML, { 'content-type': 'application/pdf' }, 'rejected'],
    ['a page without text', '<html><script>app()</script></html>', {}, 'rejected'],
    ['an empty page', '', {}, 'rejected'],
    ['another encoding', 'x', { 'content-encoding': 'zstd' }, 'rejected'],
    ['an encoding twice', 'x', { 'content-encoding': 'gzip, gzip' }, 'rejected'],
    ['an encoding by a name of Object', 'x', { 'content-encoding': 'constructor' }, 'rejected'],
    ['damaged gzip', 'not gzip', { 'content-encoding': 'gzip' }, 'bad_output'],
    ['damaged Brotli', Buffer.alloc(64, 0xff), { 'content-encoding': 'br' }, 'bad_output'],
    [
      'gzip without its end',
      gzipSync(HTML).subarray(0, 50),
      { 'content-encoding': 'gzip' },
      'bad_output',
    ],
  ])('%s: what is wrong', async (_words, body, headers, kind) => {
    page('/odd', body, headers);
    await expect(fetched('/odd')).rejects.toMatchObject({ name: 'ToolError', kind });
  });

  it('a server that is not there or hangs up: that it is unavailable', async () => {
    const gone = httpSource('http://127.0.0.1:1');
    const unavailable = { name: 'ToolError', kind: 'unavailable', retryable: true };
    await expect(fetched('http://127.0.0.1:1/', { sources: { gone } })).rejects.toMatchObject({
      ...unavailable,
      message: '127.0.0.1:1 cannot be reached (ECONNREFUSED)',
    });
    theServer().pages['/cut'] = (request) => request.socket.destroy();
    await expect(fetched('/cut')).rejects.toMatchObject(unavailable);
    theServer().pages['/half'] = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    await expect(fetched('/half')).rejects.toMatchObject(unavailable);
    theServer().pages['/noise'] = (request) => request.socket.end('SSH-2.0-OpenSSH\r\n\r\n');
    await expect(fetched('/noise')).rejects.toMatchObject(unavailable);
  });
});

describe('fetch_url bounds', () => {
  const limits = { totalMs: 300, bytesMax: 1_000_000 };
  const late = { name: 'ToolError', kind: 'timeout', retryable: true };
  const tooLarge = { name: 'ToolError', kind: 'too_large', retryable: false };
  /** Writes as fast as it is read, and tells when the reader has gone. */
  function endless(response: ServerResponse, chunk: Uint8Array): Promise<void> {
    const write = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', write);
    write();
    return new Promise((resolve) => response.once('close', resolve));
  }

  it('the time of a server that never answers, or drips', async () => {
    theServer().pages['/silent'] = () => undefined;
    await expect(fetched('/silent', { limits })).rejects.toMatchObject(late);
    const drips: [path: string, begin: string, drop: string][] = [
      ['/drip-head', 'x: ', 'y'],
      ['/drip-body', 'content-type: text/plain\r\ncontent-length: 9999\r\n\r\n', 'y'],
    ];
    for (const [path, begin, drop] of drips) {
      theServer().pages[path] = ({ socket }) => {
        socket.write(`HTTP/1.1 200 OK\r\n${begin}`);
        const drip = setInterval(() => socket.write(drop), 20);
        socket.once('close', () => clearInterval(drip));
      };
      await expect(fetched(path, { limits })).rejects.toMatchObject(late);
    }
  });

  it('redirects together, not each', async () => {
    theServer().pages['/slow'] = (_request, response) =>
      setTimeout(() => response.writeHead(302, { location: '/slow' }).end(), 120);
    await expect(fetched('/slow', { limits })).rejects.toMatchObject(late);
    expect(theServer().asked.length).toBeLessThan(5);
  });

  it('bodies without an end, and hangs up', async () => {
    let left: Promise<void> | undefined;
    theServer().pages['/endless'] = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      left = endless(response, Buffer.alloc(65_536, 'x'));
    };
    const roomy = { ...limits, totalMs: 10_000 };
    await expect(fetched('/endless', { limits: roomy })).rejects.toMatchObject(tooLarge);
    await left;
  });

  it('what compressed data unpack to', async () => {
    const before = process.memoryUsage.rss();
    theServer().pages['/bomb'] = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' });
      const packing = createGzip();
      packing.pipe(response);
      const zeros = Buffer.alloc(1_000_000);
      const write = () => {
        while (!response.destroyed && packing.write(zeros));
      };
      packing.on('drain', write);
      response.once('close', () => packing.destroy());
      write();
    };
    const roomy = { ...limits, totalMs: 10_000 };
    await expect(fetched('/bomb', { limits: roomy })).rejects.toMatchObject(tooLarge);
    const bomb = brotliCompressSync(Buffer.alloc(100_000_000), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
    });
    expect(bomb.length).toBeLessThan(10_000);
    page('/brotli', bomb, { 'content-encoding': 'br' });
    await expect(fetched('/brotli', { limits: roomy })).rejects.toMatchObject(tooLarge);
    expect(process.memoryUsage.rss() - before).toBeLessThan(400_000_000);
  });

  it('compressed data that never come to anything', async () => {
    theServer().pages['/nothing'] = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'deflate' });
      // After its two bytes of head, empty stored blocks, one after the other.
      response.write(Buffer.from([0x78, 0x9c]));
      void endless(response, Buffer.alloc(50_000, Buffer.from([0, 0, 0, 0xff, 0xff])));
    };
    const roomy = { ...limits, totalMs: 10_000 };
    await expect(fetched('/nothing', { limits: roomy })).rejects.toMatchObject(tooLarge);
  });

  it('the heads of answers', async () => {
    theServer().pages['/head'] = (request) => {
      const write = () => {
        while (!request.socket.destroyed && request.socket.write(`x: ${'y'.repeat(9_000)}\r\n`));
      };
      request.socket.write('HTTP/1.1 200 OK\r\n');
      request.socket.on('drain', write);
      write();
    };
    await expect(fetched('/head')).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('pages that take long to read: they are cut off with their thread', async () => {
    // Unclosed tags without an end, each inside the one before.
    page('/deep', '<b><i><p>'.repeat(1_000_000));
    const began = Date.now();
    await expect(
      fetched('/deep', { limits: { totalMs: 300, bytesMax: 10_000_000 } }),
    ).rejects.toMatchObject(late);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it('nothing that its caller has given up', async () => {
    theServer().pages['/silent'] = () => giveUp.abort(new Error('given up'));
    const giveUp = new AbortController();
    await expect(fetched('/silent', { signal: giveUp.signal })).rejects.toThrow('given up');
  });
});
