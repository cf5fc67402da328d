/** Metadata that carries the RPC's id over both legs. */
const RPC_ID = 'x-meshproof-rpc';

/** A page may not add metadata: of a real browser's requests the user agent carries it. */
const RPC_ID_PRODUCT = / x-meshproof-rpc\/([\w-]+)/;

/** The RPC's id in the user agent of a real browser. */
export const rpcIdInUserAgent = (userAgent: string): string | undefined =>
  RPC_ID_PRODUCT.exec(userAgent)?.[1];

type Fields = readonly (readonly [name: string, value: string])[];

const valueOf = (fields: Fields, wanted: string): string | undefined =>
  fields.find(([name]) => name === wanted)?.[1];

/** Whether a request's fields say that it is this RPC, or a browser's preflight for it. */
export function requestCarries(fields: Fields, rpcId: string): boolean {
  const id = valueOf(fields, RPC_ID) ?? rpcIdInUserAgent(valueOf(fields, 'user-agent') ?? '');
  return id === rpcId;
}

/** Whether a real browser made it by itself, before one that its page asked for. */
export const isPreflight = (fields: Fields): boolean =>
  valueOf(fields, ':method') === 'OPTIONS' &&
  rpcIdInUserAgent(valueOf(fields, 'user-agent') ?? '') !== undefined;

/** Whether a line of an HTTP/1.1 header says so. */
export function textCarries(text: string, rpcId: string): boolean {
  return text.split(/\r?\n/).some((line) => {
    const [name = '', ...rest] = line.split(':');
    const value = rest.join(':').trim();
    if (name.toLowerCase() === 'user-agent') return rpcIdInUserAgent(` ${value}`) === rpcId;
    return name.toLowerCase() === RPC_ID && value === rpcId;
  });
}
