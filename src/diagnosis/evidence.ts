import type { KubernetesObject } from '@kubernetes/client-node';
import type { ClientRecord } from '../clients/record.ts';
import type { AccessLogLine } from '../evidence/access-log-format.ts';
import type { LedgerEntry } from '../evidence/ledger.ts';

/** What a client set out to do, as its user knows it. */
export interface RequestFacts {
  readonly client: string;
  /** Whether it begins with a TLS handshake. */
  readonly tls: boolean;
  /** The gateway's port as its Service has it: 443, 80. */
  readonly port: number;
  readonly http: '1.1' | '2';
  readonly authority: string;
  /** SNI; empty for none, and without TLS. */
  readonly serverName: string;
  /** Protocols offered by ALPN; empty without TLS. */
  readonly alpn: readonly string[];
  /** `/package.Service/Method`; empty when no request is made. */
  readonly path: string;
  /** `POST`, `OPTIONS`; empty when no request is made. */
  readonly verb: string;
  /** Header fields that routes may match on, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a client in a pod, which does not come to the gateway: its Deployment, and the name it dials. */
  readonly inMesh?: { readonly from: string; readonly dialled: string };
}

/** One call, as each of its witnesses tells it. */
export interface CallEvidence {
  readonly request: RequestFacts;
  readonly client: ClientRecord;
  /** What reached the services, oldest first. */
  readonly ledger: readonly LedgerEntry[];
  /** The gateway's access log. */
  readonly gateway: readonly AccessLogLine[];
}

/** Something that was wanted and not seen. */
export interface Disagreement {
  readonly witness: string;
  /** In the judge's words: `grpc-status`, `served by`, `attempts`. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** What may be known of a Secret without knowing its secret. */
export interface SecretFacts {
  readonly namespace: string;
  readonly name: string;
  /** Whether it has a `ca.crt`, by which a gateway checks its clients' certificates. */
  readonly hasClientsAuthority?: true;
  /** Absent when it holds no certificate that can be read. */
  readonly certificate?: {
    /** DNS names and addresses. */
    readonly names: readonly string[];
    readonly issuer: string;
    /** ISO 8601. */
    readonly notBefore: string;
    readonly notAfter: string;
    /** Whether the private key beside it is its own. */
    readonly keyMatches: boolean;
  };
}

/** What the gateway's Envoy says of its own configuration. */
export interface GatewayFacts {
  /** HTTP filters of each filter chain, by the pod's port: 8443, 8080. */
  readonly httpFilters: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** `name: reason` of every listener whose newest configuration Envoy rejected. */
  readonly rejectedListeners: readonly string[];
}

/**
 * All that a diagnosis may go by. Plain data, without keys and tokens: it can be written to a file and diagnosed
 * anywhere.
 */
export interface Evidence {
  readonly calls: readonly CallEvidence[];
  /** Empty when all is as it should be; then there is nothing to diagnose. */
  readonly disagreements: readonly Disagreement[];
  /** Objects that the API server or a webhook refused. */
  readonly refusals: readonly { readonly object: string; readonly reason: string }[];
  /** What is applied, without Secrets: Istio's objects, Services, Deployments. */
  readonly objects: readonly KubernetesObject[];
  readonly secrets: readonly SecretFacts[];
  /** Where the gateway's pods run, and look for their Secrets. */
  readonly gatewayNamespace: string;
  /** Absent when the gateway could not be asked. */
  readonly gateway?: GatewayFacts;
  /** ISO 8601: when it was gathered, for what depends on the time. */
  readonly at: string;
}
