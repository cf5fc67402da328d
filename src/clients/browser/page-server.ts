import { createServer } from 'node:https';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';

const PAGE = join(import.meta.dirname, 'page');

/** A certificate with its key, as PEM. */
export interface PageCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Serves the page on a free port of loopback, whatever host it is asked for. */
export async function servePage({
  certificate,
  key,
}: PageCertificate): Promise<AsyncDisposable & { readonly port: number }> {
  const [html, script] = await Promise.all([readFile(join(PAGE, 'index.html')), bundlePage()]);
  const server = createServer({ cert: certificate, key }, (request, reply) => {
    const isScript = request.url === '/page.js';
    reply.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    reply.end(isScript ? script : html);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The page's script with the libraries it uses, in one piece. */
async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(PAGE, 'main.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
