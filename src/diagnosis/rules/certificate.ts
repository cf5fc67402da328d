import type { SecretFacts } from '../evidence.ts';
import { asDisagreed, at } from '../naming.ts';
import type { Rule } from '../rule.ts';
import { coversHost, hostName } from '../route-selection.ts';
import { type GatewayServer, serverField } from '../gateway-servers.ts';
import type { Scene } from '../scene.ts';

const server = (scene: Scene): GatewayServer | undefined =>
  scene.call?.request.tls === true
    ? scene.servers.find(({ server: { tls } }) => tls?.credentialName !== undefined)
    : undefined;

const named = (scene: Scene, name: string): readonly SecretFacts[] =>
  scene.evidence.secrets.filter((secret) => secret.name === name);

/** A handshake that was broken off, or went otherwise than wanted. */
const handshakeFailed = (scene: Scene): boolean =>
  !scene.reachedHttp &&
  (scene.complaint !== '' || scene.disagreement(/TLS|ALPN|chain|certificate's names/) !== undefined);

/** The gateway has no certificate to show: it closes the connection in the handshake. */
export const secretMissing: Rule = (scene) => {
  const found = server(scene);
  const credentialName = found?.server.tls?.credentialName;
  const namespace = found?.secretNamespace ?? scene.evidence.gatewayNamespace;
  if (found === undefined || credentialName === undefined || !handshakeFailed(scene)) return;
  const secrets = named(scene, credentialName);
  if (secrets.some((secret) => secret.namespace === namespace)) return;
  const elsewhere = secrets[0]?.namespace;
  const because = [
    `No Secret ${namespace}/${credentialName} exists.`,
    `The handshake failed: ${scene.complaint}`,
  ];
  if (elsewhere !== undefined && found.within === 'servers') {
    return {
      cause: 'secret-in-other-namespace',
      confidence: 'certain',
      summary: `The Secret ${credentialName} is in ${elsewhere}; the gateway's pods run in ${namespace} and look there.`,
      change: {
        object: `Secret ${elsewhere}/${credentialName}`,
        field: 'metadata.namespace',
        found: elsewhere,
      },
      because,
    };
  }
  return {
    cause: 'secret-missing',
    confidence: 'certain',
    summary: `The Gateway takes its certificate from the Secret ${credentialName}, which is not there.`,
    change: at(found.gateway, serverField(found, 'tls.credentialName'), credentialName),
    because,
  };
};

/** What is wrong with the certificate itself, most basic first. */
export const certificateFault: Rule = (scene) => {
  const found = server(scene);
  const name = found?.server.tls?.credentialName;
  if (found === undefined || name === undefined) return;
  const where = found.secretNamespace ?? scene.evidence.gatewayNamespace;
  const secret = named(scene, name).find(({ namespace }) => namespace === where);
  const certificate = secret?.certificate;
  if (secret === undefined || certificate === undefined || !handshakeFailed(scene)) return;
  const change = (field: string, text: string) => ({
    object: `Secret ${secret.namespace}/${secret.name}`,
    field,
    found: text,
  });
  const about = scene.disagreement(/TLS|chain|certificate's names/);
  const failure = scene.complaint || (about?.got ?? '');
  const common = {
    confidence: 'certain',
    because: [
      scene.complaint === '' && about !== undefined ? asDisagreed(about) : `The handshake failed: ${failure}`,
    ],
  } as const;
  if (!certificate.keyMatches) {
    return {
      ...common,
      cause: 'secret-key-mismatch',
      summary: `The key in ${secret.name} is not the key of its certificate, so the gateway does not take it: it shows the one it had, or none.`,
      change: change('data.tls.key', 'another key'),
    };
  }
  if (certificate.notAfter < scene.evidence.at) {
    return {
      ...common,
      cause: 'certificate-expired',
      summary: `The certificate in ${secret.name} was valid until ${certificate.notAfter}.`,
      change: change('data.tls.crt', `notAfter ${certificate.notAfter}`),
    };
  }
  const { serverName = '', authority = '' } = scene.call?.request ?? {};
  const wanted = serverName === '' ? hostName(authority) : serverName;
  if (!certificate.names.some((each) => coversHost(each, wanted))) {
    return {
      ...common,
      cause: 'certificate-of-other-host',
      summary: `The certificate in ${secret.name} is for ${certificate.names.join(', ')}; the client wants ${wanted}.`,
      change: change('data.tls.crt', certificate.names.join(', ')),
    };
  }
  const trust =
    /self.signed|unable.to.(verify|get)|local issuer|unknown authority|certificate signed by|CERT_AUTHORITY_INVALID/i;
  if (!trust.test(failure)) return;
  return {
    ...common,
    cause: 'certificate-untrusted',
    summary: `The certificate in ${secret.name} is signed by "${certificate.issuer}", which the client does not trust.`,
    change: change('data.tls.crt', `issuer ${certificate.issuer}`),
  };
};
