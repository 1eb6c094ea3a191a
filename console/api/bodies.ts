/** Parts of route definitions that several files of routes share. */
import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Sha256 } from '../../contracts/content';
import { API_JSON_BYTES_MAX } from '../../contracts/limits';
import { BusinessKey } from '../../contracts/run';
import { notJson, tooLarge } from './problems';

export const limitBody = (bytesMax: number) =>
  bodyLimit({ maxSize: bytesMax, onError: () => tooLarge(bytesMax) });
const limitJsonBytes = limitBody(API_JSON_BYTES_MAX);
/** What says nothing of its type would count as an empty object. */
export const limitJson: MiddlewareHandler = async (c, next) =>
  c.req.header('content-type') === undefined ? notJson() : limitJsonBytes(c, next);

export const jsonContent = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { 'application/json': { schema } },
});

export const RunParams = z.object({ id: BusinessKey.describe('The run’s business key.') });
export const ArtifactParams = z.object({ sha256: Sha256 });
