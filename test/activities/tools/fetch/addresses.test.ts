/** What `fetch_url` must not reach. */
import type { LookupFunction } from 'node:net';
import { Socket } from 'node:net';
import { fetchUrlTool } from '../../../../activities/tools/fetch-url';
import { fetched, httpSource, theServer } from './fetched';

const refused = { name: 'ToolError', kind: 'rejected', retryable: false };
const invalid = { name: 'ToolError', kind: 'invalid_input', retryable: false };

/** A name service that gives one list of addresses after the other, the last one for ever. */
function nameService(...answers: string[][]): { lookup: LookupFunction; asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, options, done) => {
    asked.push(hostname);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    const addresses = (answer ?? []).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    if (options.all) done(null, addresses);
    else done(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
  return { lookup, asked };
}

const PRIVATE_HOSTS = [
  ...['127.0.0.1', '127.1', '127.255.0.1', '10.0.0.1', '172.16.0.1', '192.168.1.1'],
  ...['0.0.0.0', '0', '0.1.2.3', '100.64.0.1', '192.0.0.170', '198.18.0.1', '192.0.2.1'],
  ...['169.254.169.254', '100.100.100.200', '168.63.129.16', '224.0.0.1', '255.255.255.255'],
  // Decimal, hex, octal, full-width digits, a dot at the end.
  ...['2130706433', '0x7f.1', '0x7f000001', '017700000001', '0177.0.0.1', '１２７.0.0.1'],
  ...['127.0.0.1.', '[::]', '[::1]', '[::127.0.0.1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
  ...['[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b:1::a00:1]', '[2002:7f00:1::]'],
  ...['[fe80::1]', '[fec0::1]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]', '[2001:db8::1]'],
  'localhost',
];

describe('fetch_url', () => {
  it.each(PRIVATE_HOSTS.flatMap((host) => [`http://${host}/`, `https://${host}/`]))(
    'refuses %s',
    async (url) => {
      const limits = { totalMs: 2_000 };
      await expect(fetched(url, { limits })).rejects.toMatchObject(refused);
    },
  );

  it('refuses another port of a private address, also where one of them is a source', async () => {
    const port = theServer().port === 8080 ? 8443 : 8080;
    await expect(fetched(`http://127.0.0.1:${port}/`)).rejects.toMatchObject(refused);
  });

  it.each(['http://example.com:22/', 'http://example.com:6379/', 'https://example.com:25/'])(
    'refuses the port of %s',
    async (url) => {
      const { lookup, asked } = nameService(['127.0.0.1']);
      await expect(fetched(url, { lookup })).rejects.toMatchObject(refused);
      expect(asked).toEqual([]);
    },
  );

  it.each([
    ...['file:///etc/passwd', 'ftp://example.com/', 'data:text/plain,x', 'javascript:1'],
    ...['http://user:pass@example.com/', 'http://user@example.com/', 'gopher://x/', 'http://'],
    ...['example.com', '//example.com', 'http://[fe80::1%25eth0]/', 'http://a b/', ''],
  ])('refuses %j, which is no URL to fetch', async (url) => {
    const { signal } = new AbortController();
    const tool = fetchUrlTool({ sources: {}, pool: { extract: () => Promise.reject() } });
    const context = { content: undefined as never, documents: undefined, signal, stepKey: 'key' };
    await expect(tool.run({ url, from: 0 }, context)).rejects.toMatchObject(invalid);
  });

  it.each([
    [['127.0.0.1']],
    [['::1']],
    [['::7f00:1']],
    [['::ffff:169.254.169.254']],
    [['168.63.129.16']],
    [['2d00::1', '10.0.0.1']],
    [['0.0.0.0', '2d00::1']],
  ])('refuses a name that leads to %j', async (addresses) => {
    const { lookup, asked } = nameService(addresses);
    await expect(fetched('http://rebind.example/', { lookup })).rejects.toMatchObject(refused);
    expect(asked).toEqual(['rebind.example']);
  });

  it('looks a name up once, for the connection itself: a second answer is nobody’s', async () => {
    const connected: unknown[] = [];
    // What is public leads here, or no test could be without the internet.
    const connect = jest.spyOn(Socket.prototype, 'connect').mockImplementation(function connectHere(
      this: Socket,
      ...args: unknown[]
    ) {
      const [options] = args.flat() as [{ host: string; lookup: LookupFunction }];
      options.lookup(options.host, { all: true }, (error, found) => {
        connected.push(error ?? found);
        connect.mockRestore();
        this.connect(theServer().port, '127.0.0.1');
      });
      return this;
    });
    theServer().pages['/public'] = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end('Hello');
    const { lookup, asked } = nameService(['2606:4700::1111', '8.8.8.8'], ['127.0.0.1']);
    const page = await fetched('http://rebind.example/public', { lookup });
    expect(page).toEqual({
      url: 'http://rebind.example/public',
      mediaType: 'text/plain',
      text: 'Hello',
    });
    expect(connected).toMatchObject([[{ address: '2606:4700::1111' }, { address: '8.8.8.8' }]]);
    expect(asked).toEqual(['rebind.example']);
  });

  it('does not fall back to another answer where the first cannot be reached', async () => {
    // Addresses that nobody has. Source: IANA, IPv6 global unicast allocations, 2d00::/8 is reserved.
    const { lookup, asked } = nameService(['2d00::1'], ['127.0.0.1']);
    const url = `http://rebind.example:${theServer().port}/`;
    await expect(fetched(url, { lookup })).rejects.toMatchObject(refused);
    const limits = { totalMs: 500 };
    await expect(fetched('http://rebind.example/', { lookup, limits })).rejects.toMatchObject({
      kind: expect.stringMatching(/unavailable|timeout/),
    });
    expect(asked).toEqual(['rebind.example']);
    expect(theServer().asked).toEqual([]);
  });

  describe.each(['http://127.0.0.1:8080/', 'http://169.254.169.254/latest/meta-data/'])(
    'that is redirected to %s',
    (location) => {
      it.each([301, 302, 303, 307, 308])('by %i stops there', async (status) => {
        theServer().pages['/away'] = (_request, response) =>
          response.writeHead(status, { location }).end();
        await expect(fetched('/away')).rejects.toMatchObject(refused);
      });
    },
  );

  it.each([
    ['file:///etc/passwd', /redirects to what cannot be fetched/],
    ['http://user:secret@example.com/', /redirects to what cannot be fetched/],
    ['http://', /redirects to what cannot be fetched/],
    ['//localhost/', /no public address/],
    ['http://2130706433/', /no public address/],
  ])('follows no redirect to %s', async (location, message) => {
    theServer().pages['/away'] = (_request, response) =>
      response.writeHead(302, { location }).end();
    await expect(fetched('/away')).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(message),
    });
  });

  it('follows no redirect from outside to a source', async () => {
    const other = httpSource('http://127.0.0.1:1');
    theServer().pages['/in'] = (_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/secret' }).end();
    const local = httpSource(theServer().origin);
    await expect(fetched('/in', { sources: { local, other } })).rejects.toMatchObject(refused);
  });

  it('stops where redirects do not end, and counts them', async () => {
    theServer().pages['/round'] = (_request, response) =>
      response.writeHead(302, { location: '/round' }).end();
    await expect(fetched('/round', { limits: { redirectsMax: 3 } })).rejects.toMatchObject({
      ...refused,
      message: 'leads on after 3 redirects; stopped there',
    });
    expect(theServer().asked).toHaveLength(4);
  });

  it('tells a host that somebody made up from a source that is down', async () => {
    const lookup: LookupFunction = (_hostname, _options, done) =>
      done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
    const sources = { registry: httpSource('http://registry.internal:8080') };
    await expect(fetched('http://made-up.example/', { lookup, sources })).rejects.toMatchObject({
      kind: 'not_found',
      message: 'there is no host made-up.example',
    });
    await expect(
      fetched('http://registry.internal:8080/', { lookup, sources }),
    ).rejects.toMatchObject({ kind: 'unavailable', retryable: true });
  });

  it('names the source that a URL belongs to, before it is fetched', () => {
    const tool = fetchUrlTool({
      sources: { registry: httpSource('http://10.0.0.5:8080') },
      pool: { extract: () => Promise.reject() },
    });
    const sourceOf = (url: string) => tool.source?.({ url, from: 0 });
    expect(sourceOf('http://10.0.0.5:8080/companies/1')).toBe('registry');
    expect(sourceOf('http://10.0.0.5/companies/1')).toBeUndefined();
    expect(sourceOf('http://10.0.0.5:8080@example.com/')).toBeUndefined();
    expect(sourceOf('nonsense')).toBeUndefined();
    expect(tool.description).toContain('registry: http://10.0.0.5:8080');
  });
});
