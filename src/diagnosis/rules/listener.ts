import { asDisagreed, at, nameOf } from '../naming.ts';
import { removing } from '../patching.ts';
import type { Disagreement } from '../evidence.ts';
import type { Rule } from '../rule.ts';
import { coversHost } from '../route-selection.ts';
import { type GatewayServer, serverField as field, settingServer } from '../gateway-servers.ts';
import type { Scene } from '../scene.ts';

const speaksTls = ({ server }: GatewayServer): boolean =>
  ['HTTPS', 'TLS'].includes(server.port.protocol.toUpperCase()) && server.tls?.httpsRedirect !== true;

/** A call that came to nothing before the gateway's HTTP layer saw it. */
const diedEarly = (scene: Scene): boolean => scene.complaint !== '' && !scene.reachedHttp;

/** Nothing answers at the port. */
export const noListener: Rule = (scene) => {
  if (!/ECONNREFUSED|connection refused/i.test(scene.complaint) || scene.servers.length > 0) return;
  const [gateway] = scene.gateways;
  const port = scene.call?.request.port ?? 0;
  return {
    cause: 'no-listener',
    confidence: 'certain',
    summary: `Nothing listens on port ${port}: no Gateway has a server for it.`,
    ...(gateway === undefined
      ? {}
      : {
          change: at(
            gateway,
            'spec.servers',
            gateway.spec.servers.map((each) => each.port.number),
          ),
        }),
    because: [`The client was refused: ${scene.complaint}`, `No server has port.number ${port}.`],
  };
};

/** TLS on one side only; which of the two is wrong is for the user to say. */
export const tlsOnOneSide: Rule = (scene) => {
  const { call } = scene;
  const server = scene.servers[0];
  if (call === undefined || server === undefined || !diedEarly(scene)) return;
  if (call.request.tls === speaksTls(server)) return;
  const { protocol } = server.server.port;
  const port = call.request.port;
  return {
    cause: call.request.tls ? 'tls-to-plaintext-listener' : 'plaintext-to-tls-listener',
    confidence: 'certain',
    summary: call.request.tls
      ? `The client begins with a TLS handshake, and port ${port} is declared ${protocol}. Either the client is to speak plaintext, or the port TLS.`
      : `The client speaks plaintext, and port ${port} is declared ${protocol}. Either the client is to speak TLS, or the port plaintext.`,
    change: at(server.gateway, field(server, 'port.protocol'), protocol),
    because: [
      `${nameOf(server.gateway)} declares port ${port} as ${protocol}.`,
      `The client failed before any request was logged: ${scene.complaint}`,
    ],
  };
};

/** Every request is sent elsewhere, and gRPC clients do not follow. To gRPC the redirect is UNKNOWN within a 200. */
export const httpsRedirect: Rule = (scene) => {
  const server = scene.servers.find((each) => each.server.tls?.httpsRedirect === true);
  const line = scene.call?.gateway.at(-1);
  if (server === undefined || line === undefined) return;
  if (line.responseCode !== 301 && line.responseCodeDetails !== 'direct_response') return;
  return {
    cause: 'https-redirect',
    confidence: 'certain',
    summary: 'The port answers every request with a redirect to HTTPS. gRPC clients do not follow redirects.',
    change: at(
      server.gateway,
      field(server, 'tls.httpsRedirect'),
      'true',
      removing(scene.evidence, server.gateway, field(server, 'tls')),
    ),
    because: [
      `The gateway answered itself: ${String(line.responseCode)} ${String(line.responseCodeDetails)}.`,
      `${nameOf(server.gateway)} has httpsRedirect on this port.`,
    ],
  };
};

/** A client that was to be turned away is let in: the port speaks what its number does not stand for. */
export const otherThanItsNumber: Rule = (scene) => {
  const { call } = scene;
  const server = scene.servers[0];
  if (call === undefined || server === undefined || speaksTls(server) !== call.request.tls) return;
  const usual = { 80: false, 8080: false, 443: true, 8443: true }[call.request.port];
  if (usual === undefined || usual === speaksTls(server)) return;
  const { protocol } = server.server.port;
  return {
    cause: 'listener-declared-otherwise',
    confidence: 'certain',
    summary: `Port ${call.request.port} is declared ${protocol}, which its number does not stand for.`,
    change: at(server.gateway, field(server, 'port.protocol'), protocol),
    because: scene.evidence.disagreements.slice(0, 1).map(asDisagreed),
  };
};

/** The name in the handshake fits no server, so no filter chain takes the connection. */
export const sniOfNoServer: Rule = (scene) => {
  const { call } = scene;
  const servers = scene.servers.filter(speaksTls);
  if (call?.request.tls !== true || servers.length === 0 || scene.reachedHttp) return;
  const { serverName } = call.request;
  if (servers.some(({ server }) => server.hosts.some((host) => coversHost(host, serverName)))) return;
  if (scene.complaint === '' && scene.disagreement(/TLS|ALPN|chain/) === undefined) return;
  const [server] = servers;
  if (server === undefined) return;
  const sent = serverName === '' ? 'no SNI' : `SNI ${serverName}`;
  return {
    cause: 'sni-of-no-server',
    confidence: 'certain',
    summary: `The client sends ${sent}, and the servers of port ${call.request.port} are for ${server.server.hosts.join(', ')} only.`,
    change: at(
      server.gateway,
      field(server, 'hosts'),
      server.server.hosts,
      serverName === ''
        ? undefined
        : settingServer(scene.evidence, server, 'hosts', [...server.server.hosts, serverName]),
    ),
    because: [`The handshake failed: ${scene.complaint}`, 'The gateway logged no request.'],
  };
};

/** The gateway's TLS settings leave out a version. */
export const tlsVersion: Rule = (scene) => {
  const about = scene.disagreement(/^TLS version|^access log tlsVersion/);
  const server = scene.servers.find(
    ({ server: { tls } }) => tls?.minProtocolVersion !== undefined || tls?.maxProtocolVersion !== undefined,
  );
  if (server === undefined) return unbounded(scene, about);
  if (about === undefined && !/version|protocol|handshake/i.test(scene.complaint)) return;
  const key =
    server.server.tls?.maxProtocolVersion === undefined ? 'minProtocolVersion' : 'maxProtocolVersion';
  return {
    cause: 'tls-version',
    confidence: about === undefined ? 'likely' : 'certain',
    summary: `The gateway allows TLS versions by ${key} ${server.server.tls?.[key] ?? ''} only.`,
    change: at(
      server.gateway,
      field(server, `tls.${key}`),
      server.server.tls?.[key] ?? '',
      removing(scene.evidence, server.gateway, field(server, `tls.${key}`)),
    ),
    because: [
      about === undefined
        ? `The handshake failed: ${scene.complaint}`
        : `TLS version wanted: ${about.expected}; seen: ${about.got}.`,
    ],
  };
};

/** A client was to be turned away, or to speak another version, and no Gateway says so. */
function unbounded(scene: Scene, about: Disagreement | undefined): ReturnType<Rule> {
  const server = scene.servers.find(speaksTls);
  if (server === undefined || !about?.got.startsWith('TLS')) return;
  // Where client certificates are asked for, a client that is let in has shown one.
  if (server.server.tls?.mode?.includes('MUTUAL') === true) return;
  return {
    cause: 'tls-version',
    confidence: 'likely',
    summary: `${nameOf(server.gateway)} sets no bounds for the version of TLS, so the client's newest one counts.`,
    change: at(server.gateway, field(server, 'tls.minProtocolVersion'), undefined),
    because: [asDisagreed(about)],
  };
}

/** HTTP/1.1 can carry gRPC-Web, and nothing else of gRPC. */
export const http1Client: Rule = (scene) => {
  const { call } = scene;
  if (call?.request.http !== '1.1' || call.request.client === 'grpc-web') return;
  if (!/^application\/grpc($|\+)/.test(call.request.headers['content-type'] ?? '')) return;
  return {
    cause: 'http1-client',
    confidence: 'likely',
    summary:
      'The client speaks HTTP/1.1, whose replies cannot carry the trailers in which gRPC has its status.',
    because: [`The gateway logged ${String(call.gateway.at(-1)?.protocol ?? 'nothing')}.`],
  };
};
