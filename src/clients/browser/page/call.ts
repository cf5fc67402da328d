/** What a page is asked to do. Plain data: it crosses into the browser as JSON. */
export interface PageCall {
  readonly by: 'fetch' | 'grpc-web' | 'connect-web';
  /** Scheme and host of the gateway. */
  readonly gateway: string;
  /** `package.Service` and `Method`. */
  readonly service: string;
  readonly method: string;
  readonly responseStream: boolean;
  readonly mode: 'binary' | 'text';
  readonly metadata: readonly (readonly [string, string])[];
  /** Base64 of the serialized request message. */
  readonly request: string;
  /** Milliseconds. */
  readonly deadlineMs?: number;
  /** Send cookies along, and demand that the gateway allows it. */
  readonly credentials: boolean;
  /** Cancel once so much has come: messages of a library, pieces of the body by fetch. */
  readonly cancelAfter?: number;
}

/** Bytes as they came, base64, and when: milliseconds since the call was started. */
export interface TimedBytes {
  readonly atMs: number;
  readonly base64: string;
}

/** What the page's script could see of one call. */
export interface PageReply {
  /** The head of the HTTP reply: fetch alone shows it. Of the headers, those that CORS lets a page read. */
  head?: { readonly status: number; readonly headers: readonly (readonly [string, string])[] };
  /** Pieces of the body, by fetch. */
  readonly pieces: TimedBytes[];
  /** Serialized messages, by a library. */
  readonly messages: TimedBytes[];
  /** The final status, by a library. */
  status?: { readonly code: number; readonly message: string };
  initialMetadata: readonly (readonly [string, string])[];
  trailers: readonly (readonly [string, string])[];
  /** What was thrown, where no status came of it; empty when nothing was. */
  error: string;
  endedAtMs: number;
}

/** A call under way. */
export interface PageWork {
  readonly call: PageCall;
  readonly reply: PageReply;
  /** Milliseconds since the call was started. */
  readonly clock: () => number;
}

/** Base64 of bytes, and back. A page has no Buffer. */
export const toBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
