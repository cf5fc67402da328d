import type { IncomingHttpHeaders } from 'node:http2';

/** What joins the witnesses of an RPC, and its script. */
const CARRIED = ['x-meshproof-case', 'x-meshproof-rpc', 'x-meshproof-script-bin'] as const;

/**
 * Puts what a user agent carries where metadata of the same name would be. A page may send only the headers that the
 * mesh's CORS policy allows; its browser's user agent is not one of them, and is sent with preflights too.
 */
export function readUserAgent(headers: IncomingHttpHeaders): void {
  const products = (headers['user-agent'] ?? '').split(' ');
  for (const name of CARRIED) {
    const carried = products.find((product) => product.startsWith(`${name}/`));
    if (carried !== undefined) headers[name] ??= decodeURIComponent(carried.slice(name.length + 1));
  }
}
