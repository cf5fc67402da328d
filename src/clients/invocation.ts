import type { Balancer } from './balancer.ts';
import type { MetadataToSend } from './metadata.ts';
import type { Script } from './script.ts';
import type { ClientCertificate, Transport } from './target.ts';

/** How the gateway is reached. */
interface Reach {
  /** A load balancer of layer 4 that stands before the gateway; the case needs `docker`. */
  readonly through?: Balancer;
  /**
   * A Gateway of Gateway API for which Istio has made a Deployment and a Service, by its name: it is reached at its own
   * address instead of the ingress gateway's, and its access log is followed too. The case needs `gateway-addresses`.
   */
  readonly gateway?: string;
}

/** What every client that makes an RPC must be told. */
interface RpcRequest extends Reach {
  readonly transport: Transport;
  /** `package.Service/Method`; the RPC kind follows from the proto. A method outside our protos is sent as unary. */
  readonly method: string;
  /** The request messages, in the JSON form of their proto; default one empty message. */
  readonly requests?: readonly Readonly<Record<string, unknown>>[];
  readonly metadata?: MetadataToSend;
  /** What the server shall do; without one it answers OK at once. */
  readonly script?: Script;
  /** Milliseconds; sets grpc-timeout and the client's own timer. */
  readonly deadlineMs?: number;
  /** `:authority` (or Host); default the target's host. */
  readonly authority?: string;
}

/** An RPC by @grpc/grpc-js, on a channel of its own. */
export interface GrpcJsInvocation extends RpcRequest {
  readonly client: 'grpc-js';
  /** SNI and the name that the certificate is checked against; default the authority without its port. */
  readonly serverName?: string;
  /** The listener to speak to, when it is not the transport's own: TLS to port 80 is a case. */
  readonly listener?: Transport;
  /** Trust the public authorities instead of the test CA. */
  readonly trust?: 'public';
  /** The certificate that the client shows when it is asked for one; default none. */
  readonly clientCertificate?: ClientCertificate;
  /** Milliseconds between two request messages, counted from the first; default 0. */
  readonly requestIntervalMs?: number;
  /** Send each further request only after the reply to the one before (bidi only). */
  readonly pingPong?: boolean;
  /**
   * When the client half-closes; default `after-last-request`. `after-status` keeps its side open to the end;
   * `after-actions` holds the last request back until all actions of the case are done, and half-closes after it.
   */
  readonly halfClose?: 'after-last-request' | 'after-status' | 'after-actions';
  /**
   * Milliseconds for which the client takes no further message of the server's stream, once it has the first. It goes
   * on at once when the RPC has failed.
   */
  readonly pausesForMs?: number;
  /** Cancel once so many messages have arrived; 0 cancels as soon as the last request was sent. */
  readonly cancelAfterMessages?: number;
  /** How many RPCs to make one after another on the one channel; default 1. */
  readonly calls?: number;
  /** How many of them may be under way at once; default 1. */
  readonly lanes?: number;
  /** Milliseconds from one RPC's start to that of the next one, whether or not it is over by then. */
  readonly callIntervalMs?: number;
  /** Wait for the connection before starting the RPC, so that its clock does not include the handshake. */
  readonly connectFirst?: boolean;
  /** Further channel options of grpc-js, such as `grpc.max_receive_message_length`. */
  readonly channelOptions?: Readonly<Record<string, string | number>>;
}

/** An RPC by grpc-go, in a container on the cluster's network; the case needs `docker`. */
export interface GrpcGoInvocation extends RpcRequest {
  readonly client: 'grpc-go';
  /** SNI and the name that the certificate is checked against; default the authority without its port. */
  readonly serverName?: string;
  /** The listener to speak to, when it is not the transport's own. */
  readonly listener?: Transport;
  /** Whose certificates it trusts; default the test CA's. */
  readonly trust?: 'public' | 'test CA';
  /** False for a client that goes on without h2 by ALPN, as grpc-go did before 1.67 (GRPC_ENFORCE_ALPN_ENABLED). */
  readonly enforceAlpn?: boolean;
}

/**
 * RPCs by @grpc/grpc-js from inside a pod of the mesh, on one fresh channel, to wherever its target leads. What the pod
 * has (an agent of xDS, a sidecar, nothing) is under test.
 */
export interface PodInvocation extends Omit<RpcRequest, 'transport' | 'through' | 'gateway'> {
  readonly client: 'pod';
  readonly through?: never;
  readonly gateway?: never;
  /** The Deployment that makes them: one of the configuration's with the role `caller`, by its label `app`. */
  readonly from: string;
  /** As gRPC takes it: `xds:///host:port` asks the control plane, `dns:///host:port` the cluster's DNS. */
  readonly target: string;
  /** How many RPCs to make one after another; default 1. */
  readonly calls?: number;
  /** Milliseconds from one RPC's start to that of the next one, whether or not it is over by then. */
  readonly callIntervalMs?: number;
  /**
   * How many RPCs to make before these, of which nothing is asked; default 0. A fresh channel goes by turns over those
   * pods that it is connected to, and is not connected to all at once.
   */
  readonly warmUpCalls?: number;
}

/** A gRPC-Web RPC by undici: unary or server stream. */
export interface GrpcWebInvocation extends RpcRequest {
  readonly client: 'grpc-web';
  readonly http: '1.1' | '2';
  readonly mode: 'binary' | 'text';
  /** The Accept header; default the request's own content-type. */
  readonly accept?: string;
  /** Default `application/grpc-web+proto`, or `application/grpc-web-text+proto` in text mode. */
  readonly contentType?: string;
}

/** Where pages come from unless a case says otherwise: the origin that the seed's policy allows. */
export const PAGE_ORIGIN = 'https://myapp.example.com';

/** A gRPC-Web RPC by a page in a real Chromium: unary or server stream. */
export interface BrowserInvocation extends Omit<RpcRequest, 'authority'> {
  readonly client: 'browser';
  /** What the page makes it with: fetch alone, gRPC's library (XMLHttpRequest), or Connect's (fetch, binary mode). */
  readonly by: 'fetch' | 'grpc-web' | 'connect-web';
  readonly http: '1.1' | '2';
  readonly mode: 'binary' | 'text';
  /** Where the page comes from: scheme and host; default {@link PAGE_ORIGIN}. */
  readonly origin?: string;
  /** Send cookies along, and demand that the gateway allows it. */
  readonly credentials?: boolean;
  /** Cancel once so much has come: messages of a library, pieces of the body by fetch. */
  readonly cancelAfter?: number;
  /** How many RPCs the page makes one after another; default 1. */
  readonly calls?: number;
}

/** The real grpcurl. */
export interface GrpcurlInvocation extends Reach {
  readonly client: 'grpcurl';
  /** Default `process`. In a container it is on the cluster's network, and the case needs `docker`. */
  readonly runsAs?: 'process' | 'container';
  /**
   * As a user types them; `$GATEWAY_IP`, `$CA` (the test CA's file), `$PROTO` (our protos' folder),
   * and `$CLIENT_CERTIFICATE` and `$CLIENT_KEY` (the files of `clientCertificate`, for a process) are filled in.
   */
  readonly arguments: readonly string[];
  readonly clientCertificate?: ClientCertificate;
  readonly script?: Script;
  /** Which RPC carries what joins the witnesses: the one called, or the one by which grpcurl asks for the proto. */
  readonly witnessed?: 'rpc' | 'reflection';
}

/** A bare TLS handshake, for what is judged about TLS itself. */
export interface TlsInvocation extends Reach {
  readonly client: 'tls';
  /** Protocols offered by ALPN; empty sends no ALPN extension. */
  readonly alpn: readonly string[];
  /** SNI; default the target's host. Empty sends none. */
  readonly serverName?: string;
  readonly listener?: Transport;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** The certificate that the client shows when it is asked for one; default none. */
  readonly clientCertificate?: ClientCertificate;
  /** Trust the public authorities instead of the test CA. */
  readonly trust?: 'public';
}

/** One plain HTTP exchange. Redirects are not followed. */
export interface HttpInvocation extends Reach {
  readonly client: 'http';
  readonly transport: Transport;
  readonly http: '1.1' | '2';
  /** Default: HTTP/1.1 by undici, HTTP/2 by node:http2. `node` speaks HTTP/1.1 by node:http, which may ask for an upgrade. */
  readonly by?: 'undici' | 'node';
  /** The listener to speak to, when it is not the transport's own. */
  readonly listener?: Transport;
  readonly verb: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** SNI and the name that the certificate is checked against; default the authority without its port. */
  readonly serverName?: string;
  /** The certificate that the client shows when it is asked for one; default none. */
  readonly clientCertificate?: ClientCertificate;
  /** Base64 of the request's body. */
  readonly body?: string;
  readonly authority?: string;
  readonly script?: Script;
}

/** What a case asks a client to do. */
export type ClientInvocation =
  | GrpcJsInvocation
  | GrpcGoInvocation
  | PodInvocation
  | GrpcWebInvocation
  | BrowserInvocation
  | GrpcurlInvocation
  | TlsInvocation
  | HttpInvocation;
