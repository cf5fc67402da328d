import type { HttpRecord, TlsRecord } from '../clients/record.ts';

/** What is looked at, as its owner knows it. */
export interface Subject {
  readonly host: string;
  readonly port: number;
  /** `:authority` of requests; SNI is its name. */
  readonly authority: string;
  /** `package.Service/Method`; default the health check. */
  readonly method: string;
  /** Header fields that its routes match on, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether its clients begin with a TLS handshake. */
  readonly tls: boolean;
  /** Authorities that its clients trust, as PEM. */
  readonly caPem: string;
  /** Origin of the pages that call it by gRPC-Web; absent where there are none. */
  readonly origin?: string;
}

/** What ALPN was offered in a handshake. */
export const OFFERS = {
  'h2 and http/1.1': ['h2', 'http/1.1'],
  h2: ['h2'],
  'http/1.1': ['http/1.1'],
  nothing: [],
} as const;
export type Offer = keyof typeof OFFERS;

/** What came back for the preface of HTTP/2 without TLS. */
export interface PrefaceAnswer {
  readonly answer: 'HTTP/2' | 'HTTP/1.1' | 'something else' | 'nothing';
  readonly error: string;
}

/** Everything that can be learned from outside. A probe that makes no sense for the subject is absent. */
export interface OutsideFindings {
  readonly tcp: { readonly connected: boolean; readonly error: string };
  readonly handshakes?: Readonly<Record<Offer, TlsRecord>>;
  /** The same with another SNI, and with none. */
  readonly otherNames?: { readonly none: TlsRecord; readonly another: TlsRecord };
  readonly versions?: { readonly 'TLSv1.2': TlsRecord; readonly 'TLSv1.3': TlsRecord };
  readonly preface: PrefaceAnswer;
  /** The method itself, with an empty message. */
  readonly call: HttpRecord;
  readonly http1: HttpRecord;
  readonly health: HttpRecord;
  readonly reflection: { readonly v1: HttpRecord; readonly v1alpha: HttpRecord };
  readonly preflight: HttpRecord;
  readonly web: HttpRecord;
}

/** Joins a probe with the gateway's access log. */
export interface ProbeIds {
  readonly caseName: string;
  readonly rpcId: string;
}

/** The ids of the probes whose lines are looked for. */
export interface LoggedProbes {
  readonly call: ProbeIds;
  readonly preflight: ProbeIds;
  readonly web: ProbeIds;
}

/** The grpc-status of a reply, wherever it stands; undefined when there is none. */
export function grpcStatusOf({ headers, trailers }: HttpRecord): number | undefined {
  const [text] = trailers['grpc-status'] ?? headers['grpc-status'] ?? [];
  return text === undefined ? undefined : Number(text);
}

export function grpcMessageOf({ headers, trailers, body, error }: HttpRecord): string {
  const [text] = trailers['grpc-message'] ?? headers['grpc-message'] ?? [];
  if (error !== '') return error;
  return text === undefined ? body.slice(0, 200) : decodeMessage(text);
}

const decodeMessage = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Whether a service answered, rather than the gateway for it: Envoy adds this field to what comes from upstream. */
export const cameFromService = ({ headers }: HttpRecord): boolean =>
  'x-envoy-upstream-service-time' in headers;

/** Statuses that a gateway gives by itself: 2 UNKNOWN, 4, 7 by a policy, 8 by a limit, 12 without a route, 13, 14. */
const BY_GATEWAYS = new Set([2, 4, 7, 8, 12, 13, 14]);

/** Whether the reply says that the RPC could be made at all. */
export function isAnswered(record: HttpRecord): boolean {
  const status = grpcStatusOf(record);
  if (status === undefined) return false;
  return cameFromService(record) || status === 0 || !BY_GATEWAYS.has(status);
}
