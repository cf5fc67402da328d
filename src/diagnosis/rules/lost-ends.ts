import { backendTlsPolicies } from '../gateway-api-objects.ts';
import { at, nameOf } from '../naming.ts';
import type { Rule } from '../rule.ts';
import type { Scene } from '../scene.ts';

/** The gateway's access log and the service's own account agree that the RPC ended with OK. */
const endedWell = (scene: Scene): boolean =>
  scene.call?.gateway.at(-1)?.grpcStatus === 0 && scene.call.ledger.at(-1)?.status_code === 0;

const clientFailed = (scene: Scene): boolean => {
  const client = scene.call?.client;
  return client?.kind === 'rpc' && client.status?.name !== 'OK';
};

/** What clients of several stacks say of a response that ends without its trailers. */
const WITHOUT_TRAILERS =
  /without sending trailers|no grpc-status|missing grpc-status|without a trailers frame|RST_STREAM with code 0|error code: NO_ERROR/i;

/**
 * Everybody on the way says that the status was sent, and the client has none. Envoy's oghttp2 codec loses trailers, of
 * a body of exactly 65535 octets always (envoy#40821); a service that answers before the request has ended, and then
 * resets with NO_ERROR (RFC 9113, section 8.1), has its answer lost on the way (envoy#30149).
 */
export const trailersLost: Rule = (scene) => {
  if (!endedWell(scene) || !clientFailed(scene) || !WITHOUT_TRAILERS.test(scene.complaint)) return;
  const [line, entry] = [scene.call?.gateway.at(-1), scene.call?.ledger.at(-1)];
  const because = [
    `The gateway logged grpc-status 0 and ${String(line?.bytesSent ?? 0)} octets; ${entry?.deployment ?? 'the service'} says it answered OK.`,
    `The client: ${scene.complaint}.`,
  ];
  const early = entry?.half_close_seen === 0;
  if (early && /code 0|NO_ERROR/.test(scene.complaint)) {
    return {
      cause: 'answered-before-half-close',
      confidence: 'likely',
      summary: `${entry.deployment} answered before the client had sent all of its request and reset the stream with NO_ERROR; the reset came through, the answer did not.`,
      because: [...because, `${entry.deployment} has seen no half-close.`],
    };
  }
  const exact = Number(line?.bytesSent) > 0 && Number(line?.bytesSent) % 65_535 === 0;
  return {
    cause: 'trailers-lost',
    confidence: exact ? 'certain' : 'likely',
    summary: exact
      ? 'The gateway lost the trailers: the body has a multiple of 65535 octets, at which the oghttp2 codec of some Envoys drops them.'
      : 'The trailers were lost between the gateway and the client. The oghttp2 codec of some Envoys drops them under load.',
    because,
  };
};

/** gRPC frames its messages itself: a content-length that somebody copies into the metadata is another body's. */
export const contentLength: Rule = (scene) => {
  const { call } = scene;
  const declared = call?.request.headers['content-length'];
  const { flags, details } = scene.verdictOfGateway;
  const reset =
    /remote_reset|protocol_error|codec_error|content.length|violation.of.messaging/i.test(details) ||
    flags.includes('UR');
  if (declared === undefined || !reset) return;
  return {
    cause: 'content-length-of-another-body',
    confidence: 'likely',
    summary: `The request carries content-length ${declared} among its metadata; whoever checks it resets the stream when the messages have another length.`,
    because: [`The gateway logged ${[...flags, details].join(' ')}.`],
  };
};

/** Envoy could not read what came from the client, and ended the whole connection with all its streams. */
export const downstreamCodec: Rule = (scene) => {
  const { flags, details } = scene.verdictOfGateway;
  if (!flags.includes('DPE') || !/codec_error|The_user_callback_function_failed/.test(details)) return;
  if (scene.call?.request.http !== '2') return;
  return {
    cause: 'connection-given-up',
    confidence: 'likely',
    summary:
      'Envoy gave up the whole connection over one frame of it, and every stream on it was lost. Clients that cancel many streams at once meet its limit for that too.',
    because: [`The gateway logged ${[...flags, details].join(' ')}.`],
  };
};

/** A pooled connection that the service closed just as the gateway used it: nothing reached the service. */
export const pooledConnection: Rule = (scene) => {
  const line = scene.call?.gateway.at(-1);
  const { flags, details } = scene.verdictOfGateway;
  const closed = flags.includes('UC') && details.includes('connection_termination');
  if (!closed || scene.reachedService || line?.upstreamProtocol !== 'HTTP/2') return;
  const called = scene.calledService;
  const service = scene.services.find(({ name }) => name === called);
  const tls = backendTlsPolicies(scene.evidence.objects).find(({ spec }) =>
    spec.targetRefs.some(({ name }) => name === service?.name),
  );
  const undeclared = service?.spec.ports.find((port) => port.appProtocol === undefined);
  const because = [
    `The gateway logged ${[...flags, details].join(' ')}, and no attempt reached the service.`,
  ];
  if (service !== undefined && tls !== undefined && undeclared !== undefined) {
    return {
      cause: 'backend-tls-without-h2',
      confidence: 'likely',
      summary: `${nameOf(tls)} has the gateway speak TLS to ${service.name}, whose port has no appProtocol: some releases of Istio then offer no h2.`,
      change: at(service, `spec.ports[${service.spec.ports.indexOf(undeclared)}].appProtocol`, undefined),
      because: [...because, `${nameOf(tls)} is for ${nameOf(service)}.`],
    };
  }
  return {
    cause: 'pooled-connection-closed',
    confidence: 'possible',
    summary: `${called ?? 'The service'} closed a connection just as the gateway used it: its own idle limit or maximal age is shorter than the gateway's idleTimeout, or its pod ended without draining.`,
    because,
  };
};

/** The peer takes no more streams on this connection (RFC 9113, section 8.7). */
export const refusedStream: Rule = (scene) => {
  const { details } = scene.verdictOfGateway;
  const said = /refused.stream/i.exec(`${details} ${scene.complaint}`);
  if (said === null || (scene.call?.ledger.at(-1)?.reset_sent ?? -1) >= 0) return;
  return {
    cause: 'stream-refused',
    confidence: 'likely',
    summary:
      'One end has as many streams on the connection as it allows (SETTINGS_MAX_CONCURRENT_STREAMS), and refused this one.',
    because: [details === '' ? scene.complaint : `The gateway logged ${details}.`],
  };
};
