import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket, type PeerCertificate } from 'node:tls';
import type { ClientHello } from './client-hello.ts';

/** Both ends of a tapped TLS connection, plaintext in between. */
export interface TlsLegs {
  readonly near: TLSSocket;
  readonly far: TLSSocket;
  /** Over when the client's handshake is, or its connection. */
  readonly greeted: Promise<void>;
  /** The TCP socket under `far`. */
  readonly rawFar: Socket;
  /** What was negotiated, for the timeline. */
  readonly description: string;
}

/** Why there is no TLS connection to the gateway. */
export interface TlsRefusal {
  readonly refused: string;
}

/** A certificate with its private key, both as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What the certificate must say that the tap shows to clients. */
export interface WantedCertificate {
  /** Whom it is of: the authority that clients trust, or one that they do not know. */
  readonly by: 'authority' | 'stranger';
  /** Subject alternative names. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Makes the certificates that a tap shows to clients. */
export interface CertificateIssuer {
  /** The authority that clients trust: PEM. */
  readonly authorityPem: string;
  issue(wanted: WantedCertificate): Promise<KeyPair>;
}

/**
 * Passes for the gateway: to the gateway it says what the client said (SNI, ALPN), to the client it shows a
 * certificate with the gateway's names and times. It is of the authority that clients trust, unless the gateway's
 * own is not; so a client refuses through the tap what it would refuse without it.
 */
export class TlsImpersonator {
  readonly #issuer: CertificateIssuer;
  readonly #certificates = new Map<string, Promise<KeyPair>>();

  constructor(issuer: CertificateIssuer) {
    this.#issuer = issuer;
  }

  /** @param near the client's raw socket, ClientHello not yet read */
  async handshake(
    near: Socket,
    hello: ClientHello,
    address: string,
    port: number,
  ): Promise<TlsLegs | TlsRefusal> {
    const rawFar = connectTcp({ host: address, port, noDelay: true, allowHalfOpen: true });
    const far = connectTls({
      socket: rawFar,
      ca: this.#issuer.authorityPem,
      // Judged below, and then by the client.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(hello.serverName === undefined ? {} : { servername: hello.serverName }),
      ...(hello.alpn.length === 0 ? {} : { ALPNProtocols: [...hello.alpn] }),
    });
    const refused = await secured(far, rawFar);
    if (refused !== undefined) {
      far.destroy();
      return { refused: refused.message };
    }
    const { certificate, key } = await this.#certificate(far);
    const alpn = far.alpnProtocol === false ? null : far.alpnProtocol;
    const shown = new TLSSocket(near, {
      isServer: true,
      cert: certificate,
      key,
      ...(alpn === null ? {} : { ALPNProtocols: [alpn] }),
    });
    return {
      far,
      rawFar,
      near: shown,
      greeted: new Promise((resolve) => {
        shown.once('secure', resolve);
        near.once('close', () => resolve());
        if (near.destroyed) resolve();
      }),
      description: `${far.getProtocol() ?? 'TLS'}, ALPN ${alpn ?? 'none'}, SNI ${hello.serverName ?? 'none'}`,
    };
  }

  async #certificate(far: TLSSocket): Promise<KeyPair> {
    const peer = far.getPeerCertificate();
    const known = this.#certificates.get(peer.fingerprint256);
    if (known !== undefined) return known;
    const expired = String(far.authorizationError) === 'CERT_HAS_EXPIRED';
    const issued = this.#issuer.issue({
      by: far.authorized || expired ? 'authority' : 'stranger',
      names: namesOf(peer),
      notBefore: new Date(peer.valid_from),
      notAfter: new Date(peer.valid_to),
    });
    this.#certificates.set(peer.fingerprint256, issued);
    return issued;
  }
}

/** The error that kept the handshake from ending well, if any. */
function secured(socket: TLSSocket, raw: Socket): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    socket.once('secureConnect', () => resolve(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error));
    // TLS does not pass on that there is nobody to connect to.
    raw.once('error', (error: NodeJS.ErrnoException) => resolve(error));
    socket.once('close', () => resolve(new Error('the gateway closed the connection during the handshake')));
  });
}

function namesOf({ subjectaltname }: PeerCertificate): string[] {
  const names = (subjectaltname ?? '').split(', ').flatMap((name) => /^DNS:(.*)$/.exec(name)?.[1] ?? []);
  return names.length === 0 ? ['unnamed'] : names;
}
