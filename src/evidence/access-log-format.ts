import { rpcIdInUserAgent } from '../frames/timeline/rpc-id.ts';

/**
 * The gateway's access log as the harness configures it: one JSON object a line, each key filled by one of Envoy's
 * command operators (Envoy docs, "Access logging: command operators"). The environment puts
 * {@link accessLogFormat} into Istio's `meshConfig.accessLogFormat`, with `accessLogEncoding: JSON`.
 *
 * An operator that stands alone keeps its type: numbers are numbers, and what is not there is null.
 */
const OPERATORS = {
  startTime: '%START_TIME%',
  caseName: '%REQ(X-MESHPROOF-CASE)%',
  rpcId: '%REQ(X-MESHPROOF-RPC?USER-AGENT)%',
  requestId: '%REQ(X-REQUEST-ID)%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  authority: '%REQ(:AUTHORITY)%',
  userAgent: '%REQ(USER-AGENT)%',
  contentType: '%REQ(CONTENT-TYPE)%',
  grpcTimeout: '%REQ(GRPC-TIMEOUT)%',
  grpcStatus: '%GRPC_STATUS_NUMBER%',
  responseCode: '%RESPONSE_CODE%',
  responseCodeDetails: '%RESPONSE_CODE_DETAILS%',
  responseFlags: '%RESPONSE_FLAGS%',
  connectionTerminationDetails: '%CONNECTION_TERMINATION_DETAILS%',
  upstreamTransportFailureReason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
  routeName: '%ROUTE_NAME%',
  upstreamCluster: '%UPSTREAM_CLUSTER_RAW%',
  upstreamHost: '%UPSTREAM_HOST%',
  attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
  protocol: '%PROTOCOL%',
  upstreamProtocol: '%UPSTREAM_PROTOCOL%',
  requestedServerName: '%REQUESTED_SERVER_NAME%',
  tlsVersion: '%DOWNSTREAM_TLS_VERSION%',
  connectionId: '%CONNECTION_ID%',
  downstreamLocalAddress: '%DOWNSTREAM_LOCAL_ADDRESS%',
  bytesReceived: '%BYTES_RECEIVED%',
  bytesSent: '%BYTES_SENT%',
  durationMs: '%DURATION%',
} as const;

/** A key of an access-log line. */
export type AccessLogField = keyof typeof OPERATORS;

/** One line of the gateway's access log; null where Envoy had nothing to say. */
export type AccessLogLine = Readonly<Record<AccessLogField, string | number | null>>;

/** The value for `meshConfig.accessLogFormat`. */
export const accessLogFormat = (): string => JSON.stringify(OPERATORS);

/**
 * A line of a gateway pod's log as an access-log line. Undefined for everything else that stands in such a log:
 * what the agent and Envoy say about themselves.
 */
export function parseAccessLogLine(text: string): AccessLogLine | undefined {
  if (!text.startsWith('{')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('rpcId' in parsed) || !('responseFlags' in parsed)) {
    return undefined;
  }
  const found = parsed as Readonly<Record<string, unknown>>;
  const line: Partial<Record<AccessLogField, string | number | null>> = {};
  for (const field of Object.keys(OPERATORS) as AccessLogField[]) {
    const value = found[field];
    line[field] = typeof value === 'number' || (typeof value === 'string' && value !== '-') ? value : null;
  }
  line.rpcId = rpcIdIn(String(line.rpcId ?? ''));
  return line as AccessLogLine;
}

/** Whether a line is of a request that a real browser made by itself, before one that its page asked for. */
export const isPreflight = ({ method, userAgent }: AccessLogLine): boolean =>
  method === 'OPTIONS' && rpcIdInUserAgent(String(userAgent)) !== undefined;

/** A preflight carries no metadata: its RPC's id is in the browser's user agent, where other clients have none. */
const rpcIdIn = (text: string): string | null => /^[\w-]+$/.exec(text)?.[0] ?? rpcIdInUserAgent(text) ?? null;
