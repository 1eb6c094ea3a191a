/** A sign-in of a company: discovery, keys, and tokens that it signs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

export interface CompanyServer {
  issuer: string;
  /** How often its keys were asked for. */
  asked(): number;
  /** From now on it signs with another key; it names that and those before. */
  rotate(): Promise<void>;
  /** Answers with this status from now on; 200: as it should. */
  answerWith(status: number): void;
  /** Claims of a person `ann` for `tuesday`, changed. */
  sign(changes?: JWTPayload, key?: Keys['privateKey']): Promise<string>;
  publicKey(): JWK;
  close(): Promise<void>;
}

export async function startCompany(): Promise<CompanyServer> {
  const published: JWK[] = [];
  let current: Keys;
  let asked = 0;
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    if (request.url === '/.well-known/openid-configuration')
      return response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
    asked += 1;
    response.end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const rotate = async () => {
    current = await generateKeyPair('RS256');
    const kid = `key-${published.length + 1}`;
    published.push({ ...(await exportJWK(current.publicKey)), kid, alg: 'RS256', use: 'sig' });
  };
  await rotate();
  return {
    issuer,
    asked: () => asked,
    rotate,
    answerWith: (next) => {
      status = next;
    },
    publicKey: () => published.at(-1) as JWK,
    sign: (changes = {}, key = current.privateKey) =>
      new SignJWT({ roles: ['viewer'], ...changes })
        .setProtectedHeader({ alg: 'RS256', kid: `key-${published.length}` })
        .setIssuer(changes.iss ?? issuer)
        .setAudience(changes.aud ?? 'tuesday')
        .setSubject(changes.sub ?? 'ann')
        .setExpirationTime(changes.exp ?? '5 minutes')
        .sign(key),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
