export { createApi } from './app';
export type { ApiDeps, ApiLog } from './deps';
export { type ServedApi, type ServeOptions, serveApi } from './serve';
