import { asDisagreed, at, nameOf } from '../naming.ts';
import { serverField, settingServer } from '../gateway-servers.ts';
import type { Rule } from '../rule.ts';
import type { Scene } from '../scene.ts';

/** As OpenSSL and Go word them (RFC 8446, section 6.2). */
const ALERTS =
  /certificate required|unknown ca|unknown certificate authority|bad certificate|certificate expired|alert number (42|45|48|116)/i;
/** The connection is closed at once: its reset may overtake the alert. */
const BROKEN_OFF =
  /alert|remote error: tls|ECONNRESET|EPIPE|socket hang up|closed|broken pipe|reset by peer|HANDSHAKE|server preface/i;

/** A gateway that asks for certificates turns the client away, or one that was to ask does not. */
export const clientCertificate: Rule = (scene) => {
  if (scene.call?.request.tls !== true) return;
  const server = scene.servers.find(({ server: { tls } }) => tls?.credentialName !== undefined);
  const mode = server?.server.tls?.mode ?? '';
  if (server === undefined) return;
  const field = serverField(server, 'tls.mode');
  if (
    ['MUTUAL', 'OPTIONAL_MUTUAL'].includes(mode) &&
    !scene.reachedHttp &&
    BROKEN_OFF.test(scene.complaint)
  ) {
    return {
      cause: 'client-certificate',
      confidence: ALERTS.test(scene.complaint) ? 'certain' : 'likely',
      summary: `${nameOf(server.gateway)} has tls.mode ${mode}: it takes clients only whose certificate the ca.crt of its Secret has signed, and has not taken this one.`,
      change: at(server.gateway, field, mode),
      because: [`The handshake failed: ${scene.complaint}`],
    };
  }
  const about = letIn(scene);
  const isMeant = scene.evidence.secrets.some(
    ({ name, hasClientsAuthority }) =>
      name === server.server.tls?.credentialName && hasClientsAuthority === true,
  );
  if (about === undefined || mode === 'MUTUAL' || !isMeant) return;
  return {
    cause: 'client-certificate',
    confidence: 'certain',
    summary: `${nameOf(server.gateway)} has tls.mode ${mode}, so clients get in without a certificate; its Secret has a ca.crt, which is of use for MUTUAL alone.`,
    change: at(server.gateway, field, mode, settingServer(scene.evidence, server, 'tls.mode', 'MUTUAL')),
    because: [asDisagreed(about)],
  };
};

/** Somebody was to be turned away, or to be known by a certificate, and was not. */
const letIn = (scene: Scene) =>
  scene.evidence.disagreements.find(
    ({ what, expected, got }) =>
      what.includes('x-forwarded-client-cert') ||
      (what === 'grpc-status' && expected !== 'OK' && got.startsWith('OK')) ||
      (what === 'verified chain and name' && expected === 'no') ||
      (what === 'HTTP status' && expected === '0') ||
      (what.startsWith('exit code') && got === '0'),
  );
