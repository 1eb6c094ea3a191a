/** A web server on loopback whose pages are functions, so that it can misbehave in any way. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WebServer {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  port: number;
  /** Paths in the order they were asked for. */
  asked: string[];
  /** By path; anything else is 404. */
  pages: Record<string, RequestListener>;
  close(): Promise<void>;
}

export async function startWebServer(): Promise<WebServer> {
  const asked: string[] = [];
  const pages: Record<string, RequestListener> = {};
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const page = pages[path];
    if (page) page(request, response);
    else response.writeHead(404).end('not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    ...{ port, asked, pages },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
