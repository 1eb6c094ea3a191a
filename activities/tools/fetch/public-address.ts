/**
 * Connections to public addresses only. What a name leads to is looked at in the very lookup that the
 * connection is made with, so a name that leads elsewhere the next time (DNS rebinding) gains nothing.
 */
import type { LookupAddress } from 'node:dns';
import type { Agent } from 'node:http';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { RequestFilteringHttpAgent, RequestFilteringHttpsAgent } from 'request-filtering-agent';

/** What a URL's host is, or leads to, is no address of the public internet. */
export class PrivateAddress extends Error {
  override readonly name = 'PrivateAddress';
}

/** Every request gets a connection of its own. */
const AGENTS: Record<string, Agent> = {
  'http:': new RequestFilteringHttpAgent({ keepAlive: false }),
  'https:': new RequestFilteringHttpsAgent({ keepAlive: false }),
};

/** Of the IPv6 addresses only these are given out. Source: IANA, IPv6 address space. */
const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet('2000::', 3, 'ipv6');
/** A cloud's metadata server at a public address. Source: Azure, "What is IP address 168.63.129.16?". */
const METADATA = new BlockList();
METADATA.addAddress('168.63.129.16');

/** What the agents would let through: they take `::127.0.0.1` for public (tried with 3.2.1). */
function isPrivate(address: string): boolean {
  return isIP(address) === 6 ? !GLOBAL_UNICAST.check(address, 'ipv6') : METADATA.check(address);
}

export interface PublicConnection {
  agent: Agent;
  lookup: LookupFunction;
}

/**
 * Options for `http.request` and `https.request`; a refused address fails the request with an error
 * for which `isRefusedAddress` holds, before anything is connected.
 * @param lookup as of `node:dns`
 * @throws PrivateAddress where the URL's host is one
 */
export function publicConnection(url: URL, lookup: LookupFunction): PublicConnection {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) && isPrivate(host)) throw new PrivateAddress(host);
  const agent = AGENTS[url.protocol];
  if (!agent) throw new RangeError(`${url.protocol} passed the check of URLs`);
  return {
    agent,
    lookup: (hostname, options, done) =>
      lookup(hostname, { ...options, all: true }, (error, found) => {
        const addresses = found as unknown as LookupAddress[];
        if (error) return done(error, []);
        if (addresses.some(({ address }) => isPrivate(address)))
          return done(new PrivateAddress(hostname), []);
        if (options.all) return done(null, addresses);
        const [first] = addresses;
        return done(null, first?.address ?? '', first?.family);
      }),
  };
}

/** The agents' refusals have no class and no code of their own. */
export const isRefusedAddress = (error: unknown): boolean =>
  error instanceof PrivateAddress || /is not allowed\. Because/.test((error as Error).message);
