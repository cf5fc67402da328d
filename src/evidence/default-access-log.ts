import { accessLogFormat, type AccessLogField, type AccessLogLine } from './access-log-format.ts';

/**
 * Istio's own default format, text, field by field (istio, pilot/pkg/model/telemetry_logging.go,
 * EnvoyTextLogFormat).
 */
const TEXT_FIELDS: readonly (AccessLogField | undefined)[] = [
  ...(['startTime', undefined, 'responseCode', 'responseFlags', 'responseCodeDetails'] as const),
  ...([
    'connectionTerminationDetails',
    'upstreamTransportFailureReason',
    'bytesReceived',
    'bytesSent',
  ] as const),
  ...(['durationMs', undefined, undefined, 'userAgent', 'requestId', 'authority', 'upstreamHost'] as const),
  ...(['upstreamCluster', undefined, 'downstreamLocalAddress', undefined, 'requestedServerName'] as const),
  'routeName',
];

/** The same as JSON: Istio's names (EnvoyJSONLogFormatIstio) for ours. */
const JSON_FIELDS: Readonly<Record<string, AccessLogField>> = {
  start_time: 'startTime',
  method: 'method',
  path: 'path',
  protocol: 'protocol',
  response_code: 'responseCode',
  response_flags: 'responseFlags',
  response_code_details: 'responseCodeDetails',
  connection_termination_details: 'connectionTerminationDetails',
  upstream_transport_failure_reason: 'upstreamTransportFailureReason',
  bytes_received: 'bytesReceived',
  bytes_sent: 'bytesSent',
  duration: 'durationMs',
  user_agent: 'userAgent',
  request_id: 'requestId',
  authority: 'authority',
  upstream_host: 'upstreamHost',
  upstream_cluster: 'upstreamCluster',
  downstream_local_address: 'downstreamLocalAddress',
  requested_server_name: 'requestedServerName',
  route_name: 'routeName',
};

const NUMBERS: readonly AccessLogField[] = ['responseCode', 'bytesReceived', 'bytesSent', 'durationMs'];

type Values = Partial<Record<AccessLogField, string | number | null>>;

const NOTHING = Object.fromEntries(
  Object.keys(JSON.parse(accessLogFormat()) as object).map((field) => [field, null]),
) as unknown as AccessLogLine;

/**
 * A line of a gateway that logs as Istio does by default, as text or as JSON. Fields that Istio leaves out (grpc-status,
 * the protocol to the backend) are null. Undefined for everything else in such a log.
 */
export function parseDefaultAccessLogLine(text: string): AccessLogLine | undefined {
  const values = text.startsWith('[') ? fromText(text) : text.startsWith('{') ? fromJson(text) : undefined;
  return values === undefined ? undefined : { ...NOTHING, ...values };
}

function fromText(text: string): Values | undefined {
  const parts = [...text.matchAll(/\[([^\]]*)\]|"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, bracketed, quoted, bare]) => bracketed ?? quoted ?? bare ?? '',
  );
  if (parts.length < TEXT_FIELDS.length) return undefined;
  const [method = '', path = '', protocol = ''] = (parts[1] ?? '').split(' ');
  const values: Values = { method, path, protocol };
  for (const [i, field] of TEXT_FIELDS.entries())
    if (field !== undefined) values[field] = valueOf(field, parts[i]);
  return values;
}

function fromJson(text: string): Values | undefined {
  try {
    const found = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (!('response_flags' in found)) return undefined;
    const values: Values = {};
    for (const [name, field] of Object.entries(JSON_FIELDS)) values[field] = valueOf(field, found[name]);
    return values;
  } catch {
    return undefined;
  }
}

function valueOf(field: AccessLogField, value: unknown): string | number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value === '-' || value === '') return null;
  return NUMBERS.includes(field) ? Number(value) : value;
}
