/** API tokens. */
import { randomBytes } from 'node:crypto';
import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AuditEntry } from '../../../contracts/audit';
import { sha256Of } from '../../../contracts/content';
import { UserError } from '../../../contracts/errors';
import {
  CreatedToken,
  TOKEN_PREFIX,
  TokenId,
  TokenInput,
  TokenList,
  TokenView,
} from '../../../contracts/tokens';
import { actingIn, declareRoute, personOf } from '../access';
import { jsonBody, jsonContent, limitJson } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const TOKEN_BYTES = 32;
const ID_BYTES = 8;
const DAY_MS = 86_400_000;

const ListDocument = z.object(TokenList.shape).openapi('TokenList');
const TokenDocument = z.object(TokenView.shape).openapi('Token');
const CreatedDocument = z.object(CreatedToken.shape).openapi('CreatedToken');

const list = declareRoute({
  method: 'get',
  path: '/tokens',
  roles: ['admin'],
  summary: 'API tokens, newest first',
  responses: { 200: jsonContent(ListDocument, 'The tokens.'), ...problems<never>() },
});
const create = declareRoute({
  method: 'post',
  path: '/tokens',
  roles: ['admin'],
  summary: 'Make an API token',
  description: 'The answer shows the token; it is kept as a digest alone, so nobody sees it again.',
  middleware: [limitJson],
  request: { body: jsonBody(TokenInput) },
  responses: { 201: jsonContent(CreatedDocument, 'Made.'), ...problems(400, 413, 415) },
});
const revoke = declareRoute({
  method: 'delete',
  path: '/tokens/{id}',
  roles: ['admin'],
  summary: 'Revoke an API token',
  description: 'From now on it is refused, and so are sessions that were opened with it.',
  request: { params: z.object({ id: TokenId }) },
  responses: { 200: jsonContent(TokenDocument, 'Revoked.'), ...problems(400, 404) },
});

export const tokenRoutes: Routes = ({ tokens, audit }) =>
  new OpenAPIHono()
    .openapi(list, async (c) => c.json({ tokens: await tokens.listTokens() }, 200))
    .openapi(create, async (c) => {
      const { days, ...input } = c.req.valid('json');
      const token = TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString('base64url');
      const made = await tokens.createToken({
        ...input,
        id: randomBytes(ID_BYTES).toString('hex'),
        sha256: sha256Of(token),
        createdBy: personOf(c).id,
        expiresAt: new Date(Date.now() + days * DAY_MS),
      });
      await audit.append(entryOf(c, 'token_created', made));
      return c.json({ ...made, token }, 201);
    })
    .openapi(revoke, async (c) => {
      const { id } = c.req.valid('param');
      const revoked = await tokens.revokeToken(id, personOf(c).id);
      if (!revoked)
        throw new UserError(
          'not_found',
          `There is no token "${id}": GET /v1/tokens lists them (\`tuesday token list\`).`,
          'id',
        );
      await audit.append(entryOf(c, 'token_revoked', revoked));
      return c.json(revoked, 200);
    });

function entryOf(
  c: Context,
  action: 'token_created' | 'token_revoked',
  { id, user, roles, confined, expiresAt }: TokenView,
): AuditEntry {
  return {
    key: `${action}/${id}`,
    action,
    ...actingIn(c),
    subject: { kind: 'token', id },
    person: user,
    after: { roles: roles.join(' '), confined, expiresAt },
  };
}
