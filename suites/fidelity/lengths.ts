import { expand, type Case } from '../../src/conformance/model.ts';
import { routedTo, wayIn } from '../expectations.ts';
import { framed } from '../plain-grpc.ts';
import { TRANSPORTS } from '../requests.ts';
import { FACTS, SERVICE } from './facts.ts';

/** HTTP/2's error code of a stream whose request is malformed. */
const PROTOCOL_ERROR = 1;

/** Of the framing of an empty message, which is 5 bytes. */
const LENGTHS = { right: 5, 'too-large': 6, 'too-small': 4 } as const;

/**
 * A request is malformed when its content-length is not the sum of its DATA frames, and a stream with one is reset with
 * PROTOCOL_ERROR (RFC 9113, section 8.1.1). The client is node:http2, which does not look at what it is told to send;
 * who resets is read off the frames.
 */
export const lengthCases: readonly Case[] = expand(
  { length: ['right', 'too-large', 'too-small'], transport: TRANSPORTS },
  ({ length, transport }): Case => {
    const exchange = framed(transport, '2');
    const withLength = (which: keyof typeof LENGTHS) => ({
      headers: { ...exchange.headers, 'content-length': String(LENGTHS[which]) },
    });
    const facts = {
      name: 'fidelity/content-length-by-http2',
      ...FACTS,
      invocation: { ...exchange, ...withLength(length) },
    } as const;
    if (length === 'right')
      return {
        ...facts,
        title: 'A request whose content-length is that of its body is answered.',
        expectation: {
          http: { status: 200, trailers: { 'grpc-status': '0' }, error: '' },
          ledger: { attempts: 1, service: SERVICE, metadata: { 'content-length': '5' } },
          gateway: { ...wayIn(transport), ...routedTo(SERVICE) },
        },
        sabotages: [
          {
            name: 'a content-length that is too large',
            change: { invocation: withLength('too-large') },
            caughtBy: 'HTTP status: expected 200, got 0',
          },
        ],
      };
    return {
      ...facts,
      title: `A request whose content-length is ${length === 'too-large' ? 'larger' : 'smaller'} than its body is reset by the gateway as malformed.`,
      expectation: {
        http: { status: 0, error: /NGHTTP2_PROTOCOL_ERROR/ },
        // By oghttp2 (Envoy 1.36.4 has it) the access log says DR, by nghttp2 (1.40.0) DPE.
        gateway: { ...wayIn(transport), responseFlags: /^D(R|PE)$/ },
        frames: {
          client: { streams: 1, resets: [{ by: 'gateway', code: PROTOCOL_ERROR }], responseEnds: 'never' },
        },
      },
      sabotages: [
        {
          name: 'a content-length that is right',
          change: { invocation: withLength('right') },
          caughtBy: 'connection failure: expected',
        },
      ],
    };
  },
);
