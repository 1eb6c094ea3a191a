export { createApi } from './app';
export type { ApiDeps, ApiLog } from './deps';
export { checkAddress, type ServedApi, type ServeOptions, serveApi } from './serve';
export { type Access, type AccessOptions, createAccess } from './who';
export { createCompanySignIn } from './who/company';
