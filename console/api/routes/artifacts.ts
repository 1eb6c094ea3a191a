/** Content in and out, by sha256. */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { ArtifactReceipt } from '../../../contracts/api';
import { API_ARTIFACT_BYTES_MAX } from '../../../contracts/limits';
import { declareRoute } from '../access';
import { ArtifactParams, jsonContent, limitBody } from '../bodies';
import type { Routes } from '../deps';
import { problems } from '../problems';

const ReceiptDocument = z.object(ArtifactReceipt.shape).openapi('ArtifactReceipt');
const BYTES = { schema: { type: 'string', format: 'binary' } } as const;

const store = declareRoute({
  method: 'post',
  path: '/artifacts',
  roles: ['starter', 'reviewer', 'operator'],
  confined: 'common',
  summary: 'Store content',
  description: `The body as it is, with its content type; at most ${API_ARTIFACT_BYTES_MAX} bytes. Storing the same bytes again changes nothing.`,
  middleware: [limitBody(API_ARTIFACT_BYTES_MAX)],
  request: { body: { content: { '*/*': BYTES } } },
  responses: { 201: jsonContent(ReceiptDocument, 'Stored.'), ...problems(400, 413) },
});

const read = declareRoute({
  method: 'get',
  path: '/artifacts/{sha256}',
  roles: ['viewer'],
  confined: 'common',
  summary: 'Read content',
  request: { params: ArtifactParams },
  responses: {
    200: { description: 'The bytes, with the content type they were stored with.' },
    304: { description: 'What the caller has is what there is.' },
    ...problems(400, 404),
  },
});

export const artifactRoutes: Routes = ({ content }) =>
  new OpenAPIHono()
    .openapi(store, async (c) => {
      const bytes = Buffer.from(await c.req.arrayBuffer());
      const mediaType = c.req.header('content-type') ?? 'application/octet-stream';
      return c.json({ sha256: await content.put(bytes, mediaType), bytes: bytes.length }, 201);
    })
    .openapi(read, async (c) => {
      const { sha256 } = c.req.valid('param');
      const etag = `"${sha256}"`;
      const headers = { etag, 'cache-control': 'private, max-age=31536000, immutable' };
      const { bytes, mediaType } = await content.get(sha256);
      if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers);
      return c.body(new Uint8Array(bytes), 200, {
        ...headers,
        'content-type': mediaType,
        // A stored page must never run as one of ours.
        'content-security-policy': "default-src 'none'; sandbox",
      });
    });
