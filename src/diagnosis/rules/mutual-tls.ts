import { peerAuthentications } from '../istio-objects.ts';
import { asDisagreed, at, nameOf } from '../naming.ts';
import { setting } from '../patching.ts';
import type { Rule } from '../rule.ts';
import { covers } from '../labels.ts';
import type { Scene } from '../scene.ts';
import { logged } from '../wording.ts';

/** The PeerAuthentication that counts for the called service's pods: one of its own before that of the namespace. */
function serverSide(scene: Scene): ReturnType<typeof peerAuthentications>[number] | undefined {
  const all = peerAuthentications(scene.evidence.objects);
  const own = all.find(({ spec }) =>
    scene.calledDeployments.some(
      (each) =>
        spec.selector !== undefined && covers(spec.selector.matchLabels, each.spec.template.metadata.labels),
    ),
  );
  return own ?? all.find(({ spec }) => spec.selector === undefined);
}

const modeOf = (each: ReturnType<typeof serverSide>): string => each?.spec.mtls?.mode ?? 'UNSET';

/** Nothing got to the service, and nothing says that it was asked for by HTTP. */
const brokenOff = (scene: Scene): boolean =>
  !scene.reachedService &&
  scene.complaint !== '' &&
  (!scene.reachedHttp || scene.verdictOfGateway.details.includes('before_response_started'));

/** A DestinationRule and a PeerAuthentication say different things of mutual TLS. */
export const onOneSide: Rule = (scene) => {
  const rule = scene.destinationRule;
  const peer = serverSide(scene);
  const client = rule?.spec.trafficPolicy?.tls?.mode;
  if (rule === undefined || peer === undefined || client === undefined || !brokenOff(scene)) return;
  const because = [scene.reachedHttp ? logged(scene) : scene.complaint];
  const [plain, server] = [client === 'DISABLE', modeOf(peer)];
  if (plain && server === 'STRICT') {
    return {
      cause: 'upstream-tls-mismatch',
      confidence: 'certain',
      summary: `${nameOf(peer)} takes mutual TLS alone, and ${nameOf(rule)} has callers speak plaintext.`,
      change: at(
        rule,
        'spec.trafficPolicy.tls.mode',
        client,
        setting(scene.evidence, rule, 'spec.trafficPolicy.tls.mode', 'ISTIO_MUTUAL'),
      ),
      because,
    };
  }
  if (plain || server !== 'DISABLE') return;
  return {
    cause: 'upstream-tls-mismatch',
    confidence: 'certain',
    summary: `${nameOf(rule)} has callers speak TLS (${client}), and ${nameOf(peer)} switches it off at the service.`,
    change: at(peer, 'spec.mtls.mode', server, setting(scene.evidence, peer, 'spec.mtls.mode', 'STRICT')),
    because,
  };
};

/** Somebody without a certificate of the mesh was to be turned away, and was answered. */
export const notRequired: Rule = (scene) => {
  const about = scene.evidence.disagreements.find(
    ({ what, expected, got }) => what === 'grpc-status' && expected !== 'OK' && got.startsWith('OK'),
  );
  const peer = serverSide(scene);
  if (scene.call?.request.inMesh === undefined || about === undefined || peer === undefined) return;
  const mode = modeOf(peer);
  if (mode === 'STRICT') return;
  return {
    cause: 'mutual-tls-not-required',
    confidence: 'likely',
    summary: `${nameOf(peer)} has mode ${mode}, so plaintext is answered.`,
    change: at(peer, 'spec.mtls.mode', mode, setting(scene.evidence, peer, 'spec.mtls.mode', 'STRICT')),
    because: [asDisagreed(about)],
  };
};
