/** What `POST /call` of a caller takes, as JSON. Bytes are base64, and so are values of metadata whose key ends in -bin. */
export interface CallWanted {
  /** As gRPC takes it: `xds:///host:port`, `dns:///host:port`, `address:port`. */
  readonly target: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** `:authority`; empty for the target's own. */
  readonly authority: string;
  readonly requests: readonly string[];
  /** One RPC for each, with this metadata: keys and values in turn. */
  readonly calls: readonly (readonly (readonly [string, string])[])[];
  /** Milliseconds from one RPC's start to that of the next; 0 makes one after another. */
  readonly intervalMs: number;
  /** Milliseconds; 0 for none. */
  readonly deadlineMs: number;
}

/** What became of one RPC. Times are milliseconds since it was started. */
export interface CallOutcome {
  readonly startedAt: string;
  readonly code: number;
  readonly message: string;
  readonly header: Readonly<Record<string, readonly string[]>>;
  readonly trailer: Readonly<Record<string, readonly string[]>>;
  readonly messages: readonly { readonly atMs: number; readonly body: string }[];
  readonly sentAtMs: readonly number[];
  readonly endedAtMs: number;
  /** The subject alternative names of the server's certificate; empty without TLS. */
  readonly peerIdentity: string;
}

/** What `POST /load` takes: unary RPCs on one channel, started at fixed times whatever has become of those before. */
export interface LoadWanted extends CallWanted {
  /** RPCs started each second. */
  readonly rate: number;
  /** Seconds before those that are measured, with the same load. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What a load was. Latencies count from when an RPC was to start, not from when it did. */
export interface LoadOutcome {
  /** Milliseconds from the channel's making to its first RPC's status: discovery, connection, TLS. */
  readonly firstRpcMs: number;
  /** Of each measured RPC that ended with OK, in the order of their ends. */
  readonly latenciesMs: readonly number[];
  readonly failed: number;
}

/** @returns the call, or what is wrong with it */
export const readCall = (text: string): CallWanted | Error => read(text);

/** @returns the load, or what is wrong with it */
export const readLoad = (text: string): LoadWanted | Error => read(text) as LoadWanted | Error;

function read(text: string): CallWanted | Error {
  try {
    const wanted = JSON.parse(text) as CallWanted;
    if (typeof wanted.target !== 'string' || !/^\/[^/]+\/[^/]+$/.test(wanted.path))
      return new Error('it has no target, or its path is not /package.Service/Method');
    if (!Array.isArray(wanted.calls) || !Array.isArray(wanted.requests))
      return new Error('calls and requests must be lists');
    return wanted;
  } catch (error) {
    return new Error(`it is not JSON: ${String(error)}`);
  }
}
