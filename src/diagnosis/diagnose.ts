import { CAUSES, type Cause } from './causes.ts';
import { CONFIDENCES, type Diagnosis } from './diagnosis.ts';
import type { Evidence } from './evidence.ts';
import type { Rule } from './rule.ts';
import * as answers from './rules/answers.ts';
import * as admission from './rules/admission.ts';
import * as backendProtocol from './rules/backend-protocol.ts';
import * as certificate from './rules/certificate.ts';
import * as clientCertificate from './rules/client-certificate.ts';
import * as coalescing from './rules/coalescing.ts';
import * as content from './rules/content.ts';
import * as cors from './rules/cors.ts';
import * as ends from './rules/ends.ts';
import * as envoyFilters from './rules/envoy-filters.ts';
import * as gatewayApi from './rules/gateway-api.ts';
import * as grpcWeb from './rules/grpc-web.ts';
import * as listener from './rules/listener.ts';
import * as limits from './rules/limits.ts';
import * as lostEnds from './rules/lost-ends.ts';
import * as mesh from './rules/mesh.ts';
import * as mutualTls from './rules/mutual-tls.ts';
import * as retries from './rules/retries.ts';
import * as routing from './rules/routing.ts';
import * as sharing from './rules/sharing.ts';
import * as timers from './rules/timers.ts';
import * as upstream from './rules/upstream.ts';
import * as xds from './rules/xds.ts';
import { Scene } from './scene.ts';

const RULES: readonly Rule[] = [
  admission.refused,
  admission.accepted,
  listener.noListener,
  certificate.secretMissing,
  certificate.certificateFault,
  clientCertificate.clientCertificate,
  listener.tlsOnOneSide,
  envoyFilters.alpn,
  listener.tlsVersion,
  listener.sniOfNoServer,
  listener.httpsRedirect,
  listener.otherThanItsNumber,
  envoyFilters.rejected,
  listener.http1Client,
  coalescing.coalesced,
  lostEnds.downstreamCodec,
  gatewayApi.routeNotProgrammed,
  gatewayApi.notAttached,
  gatewayApi.notGranted,
  gatewayApi.certificateNotGranted,
  routing.anyHost,
  routing.authorityOfNoHost,
  routing.notAtGateway,
  routing.routeUnderTcpOrTls,
  cors.preflightUnmatched,
  routing.reflectionNotRouted,
  routing.matchesOtherwise,
  routing.namedRoute,
  routing.tooWide,
  routing.answeredByOther,
  routing.noSuchDestination,
  sharing.weights,
  sharing.mirrored,
  answers.direct,
  answers.fault,
  answers.unknownMethod,
  limits.endpoints,
  upstream.tlsMismatch,
  mutualTls.onOneSide,
  mutualTls.notRequired,
  lostEnds.pooledConnection,
  lostEnds.refusedStream,
  upstream.deniedByPolicy,
  backendProtocol.portProtocol,
  backendProtocol.withoutHttp2,
  limits.requests,
  limits.retries,
  limits.streams,
  limits.windows,
  backendProtocol.stickyBalancing,
  backendProtocol.spreadBalancing,
  backendProtocol.tooFewEndpoints,
  grpcWeb.filterAbsent,
  cors.policy,
  timers.perTry,
  timers.streamIdle,
  timers.streamDuration,
  timers.routeTimeout,
  timers.timerAbsent,
  retries.otherPolicy,
  retries.notRetried,
  retries.usedUp,
  retries.beyondRetryBuffer,
  retries.retriedElsewhere,
  retries.retriedTooMuch,
  lostEnds.trailersLost,
  lostEnds.contentLength,
  xds.proxyless,
  xds.late,
  xds.refusedByLibrary,
  mesh.destinations,
  mesh.noEndpoint,
  mesh.otherAuthority,
  content.headers,
  envoyFilters.limits,
  envoyFilters.rewrites,
  ends.gone,
  ends.backend,
  ends.fewerCalls,
  ends.sentByClient,
  ends.client,
];

const ORDER = Object.keys(CAUSES) as Cause[];

/**
 * Names the causes that explain the evidence, the surest first, and of equally sure ones the one nearest to the
 * client. None when nothing is amiss.
 */
export function diagnose(evidence: Evidence): Diagnosis[] {
  if (evidence.disagreements.length + evidence.refusals.length === 0) return [];
  const scene = new Scene(evidence);
  return inOrder(RULES.flatMap((rule) => rule(scene) ?? []));
}

/** The surest first, and of equally sure ones the one nearest to the client. */
export const inOrder = (diagnoses: readonly Diagnosis[]): Diagnosis[] =>
  diagnoses.toSorted(
    (a, b) =>
      CONFIDENCES.indexOf(a.confidence) - CONFIDENCES.indexOf(b.confidence) ||
      ORDER.indexOf(a.cause) - ORDER.indexOf(b.cause),
  );
