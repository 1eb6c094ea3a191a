/** Parts of route definitions that several files of routes share. */
import { z } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { Sha256 } from '../../contracts/content';
import { API_JSON_BYTES_MAX } from '../../contracts/limits';
import { BusinessKey } from '../../contracts/run';
import { tooLarge } from './problems';

export const limitBody = (bytesMax: number) =>
  bodyLimit({ maxSize: bytesMax, onError: () => tooLarge(bytesMax) });
export const limitJson = limitBody(API_JSON_BYTES_MAX);

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
