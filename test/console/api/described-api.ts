/** The API's description of itself, without anything that it would stand on. */
import { type ApiDeps, createApi } from '../../../console/api';
import type { Described } from '../../../console/api/security-page';

/** Routes take what they need when they are asked; nobody asks here. */
export function describedApi(): Described {
  const deps = {
    installation: { version: 'any' },
    access: {},
    installedTools: {},
    teams: {},
  } as unknown as ApiDeps;
  return createApi(deps).getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Tuesday', version: 'any' },
  }) as Described;
}
