import type { Target } from '../clients/target.ts';
import { ClientTap } from '../frames/tap/client-tap.ts';
import type { TlsImpersonator } from '../frames/tap/tls-legs.ts';
import type { ConnectionTimeline } from '../frames/timeline/events.ts';

/** How many loopback addresses are used in turn: far more than cases run at once. */
const ADDRESSES = 60_000;
const LOOPBACK = '127.0.0.1';
let taken = 0;

/** Taps on both ways into the gateway, for the clients of one case. */
export class CaseTap implements AsyncDisposable {
  /** The gateway as its clients reach it through the taps. */
  readonly target: Target;
  readonly #taps: readonly ClientTap[];

  private constructor(target: Target, taps: readonly ClientTap[]) {
    this.target = target;
    this.#taps = taps;
  }

  /** @param tls speaks TLS as the gateway does; one for many cases, since it makes certificates */
  static async start(gateway: Target, tls: TlsImpersonator): Promise<CaseTap> {
    const { address, tlsPort, h2cPort } = gateway;
    taken = (taken + 1) % ADDRESSES;
    // An address of its own has the gateway's ports free, which some clients put into what they send.
    const own = `127.83.${taken >> 8}.${taken & 0xff}`;
    const before = (port: number, host: string, listening = port): Promise<ClientTap> =>
      ClientTap.start({ target: { address, port }, listen: { address: host, port: listening }, tls });
    // Not every system has all of 127/8, or lets everyone listen on port 443.
    const first = await before(tlsPort, own).catch(() => before(tlsPort, LOOPBACK, 0));
    const second = await before(h2cPort, first.address, first.port === tlsPort ? h2cPort : 0);
    const target = { ...gateway, address: first.address, tlsPort: first.port, h2cPort: second.port };
    return new CaseTap(target, [first, second]);
  }

  /** What was seen by now, numbered from 1 in the order in which the connections were opened. */
  connections(): ConnectionTimeline[] {
    return this.#taps
      .flatMap((tap) => tap.connections())
      .toSorted((a, b) => a.openedAtMs - b.openedAtMs)
      .map((connection, i) => ({ ...connection, number: i + 1 }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#taps.map((tap) => tap[Symbol.asyncDispose]()));
  }
}
