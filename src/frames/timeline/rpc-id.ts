/** Metadata that carries the RPC's id over both legs. */
const RPC_ID = 'x-meshproof-rpc';

/** A page may not add metadata: of a real browser's requests the user agent carries it. */
const RPC_ID_PRODUCT = / x-meshproof-rpc\/([\w-]+)/;

/** The RPC's id in the user agent of a real browser. */
export const rpcIdInUserAgent = (userAgent: string): string | undefined =>
  RPC_ID_PRODUCT.exec(userAgent)?.[1];

/** Whether a request's fields say that it is this RPC. A browser's preflight is none. */
export function requestCarries(fields: readonly (readonly [string, string])[], rpcId: string): boolean {
  const of = (wanted: string) => fields.find(([name]) => name === wanted)?.[1];
  if (of(RPC_ID) !== undefined) return of(RPC_ID) === rpcId;
  return of(':method') !== 'OPTIONS' && rpcIdInUserAgent(of('user-agent') ?? '') === rpcId;
}

/** Whether a line of an HTTP/1.1 header says so. */
export function textCarries(text: string, rpcId: string): boolean {
  return text.split(/\r?\n/).some((line) => {
    const [name = '', ...rest] = line.split(':');
    const value = rest.join(':').trim();
    if (name.toLowerCase() === 'user-agent') return rpcIdInUserAgent(` ${value}`) === rpcId;
    return name.toLowerCase() === RPC_ID && value === rpcId;
  });
}
