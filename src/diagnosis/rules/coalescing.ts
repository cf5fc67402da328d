import { hostOf } from '../../clients/target.ts';
import { at, nameOf } from '../naming.ts';
import { serverField } from '../gateway-servers.ts';
import { coversHost } from '../route-selection.ts';
import type { Rule } from '../rule.ts';

/**
 * A client that has one connection may use it for each host of the certificate (RFC 9113, section 9.1.1). Envoy chose
 * the listener's routes by the connection's SNI, so a host of another Gateway is not among them.
 */
export const coalesced: Rule = (scene) => {
  const line = scene.call?.gateway.at(-1);
  const sni = String(line?.requestedServerName ?? '');
  const host = hostOf(String(line?.authority ?? ''));
  if (sni === '' || host === '' || sni === host || !scene.verdictOfGateway.flags.includes('NR')) return;
  const of = (name: string) =>
    scene.servers.find(
      ({ server }) =>
        server.tls !== undefined &&
        server.hosts.some((each) => coversHost(each.slice(each.indexOf('/') + 1), name)),
    );
  const [connected, asked] = [of(sni), of(host)];
  if (connected === undefined || asked === undefined || connected.gateway === asked.gateway) return;
  return {
    cause: 'connection-coalesced',
    confidence: 'certain',
    summary: `The connection was made for ${sni}, of ${nameOf(connected.gateway)}, and used for ${host}, of ${nameOf(asked.gateway)}, whose routes it cannot reach. Put both hosts into one Gateway, or give them certificates of their own.`,
    change: at(connected.gateway, serverField(connected, 'hosts'), connected.server.hosts.join(', ')),
    because: [
      `SNI ${sni}, authority ${host}, and the gateway logged ${scene.verdictOfGateway.details || 'NR'}.`,
    ],
  };
};
