import { entriesOf, type MetadataToSend } from './metadata.ts';
import { encodeScript, type Script } from './script.ts';

/** What joins the witnesses of one RPC; both travel as metadata with it. */
export interface CallIds {
  /** Name of the case: metadata `x-meshproof-case`, and part of the user agent. */
  readonly caseName: string;
  /** Unique for each RPC: metadata `x-meshproof-rpc`. */
  readonly rpcId: string;
}

/** All metadata of one RPC: what joins the witnesses, the script, and what the case wants sent. */
export const callMetadata = (
  ids: CallIds,
  script: Script | undefined,
  metadata: MetadataToSend = {},
): [string, string][] => [
  ['x-meshproof-case', ids.caseName],
  ['x-meshproof-rpc', ids.rpcId],
  ...(script === undefined
    ? []
    : [['x-meshproof-script-bin', encodeScript(script).toString('base64')] satisfies [string, string]]),
  ...entriesOf(metadata),
];

/** The user agent of every client that lets one be set; Istio's default access log prints it. */
export const userAgent = (ids: CallIds): string => `meshproof/${ids.caseName}`;

/**
 * The user agent of a real browser for one RPC, with what joins the witnesses and the script in products of their own
 * (RFC 9110, section 10.1.5): a page's own headers are subject to the CORS policy under test, and a preflight carries
 * none of them.
 */
export function browserUserAgent(browser: string, ids: CallIds, script: Script | undefined): string {
  const products = callMetadata(ids, script).map(([key, value]) => `${key}/${encodeURIComponent(value)}`);
  return [browser, ...products].join(' ');
}
