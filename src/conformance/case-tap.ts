import type { Target } from '../clients/target.ts';
import type { DistantTap, TapProcess } from '../frames/tap/tap-process.ts';
import type { ConnectionTimeline } from '../frames/timeline/events.ts';

/** How many loopback addresses are used in turn: far more than cases run at once. */
const ADDRESSES = 60_000;
const LOOPBACK = '127.0.0.1';
let taken = 0;

/** Taps on both ways into the gateway, for the clients of one case. */
export class CaseTap implements AsyncDisposable {
  /** The gateway as its clients reach it through the taps. */
  readonly target: Target;
  readonly #taps: readonly DistantTap[];

  private constructor(target: Target, taps: readonly DistantTap[]) {
    this.target = target;
    this.#taps = taps;
  }

  /** @param taps where its taps live; one for many cases */
  static async start(gateway: Target, taps: TapProcess): Promise<CaseTap> {
    const { address, tlsPort, h2cPort } = gateway;
    taken = (taken + 1) % ADDRESSES;
    // An address of its own has the gateway's ports free, which some clients put into what they send.
    const own = `127.83.${taken >> 8}.${taken & 0xff}`;
    const before = (port: number, host: string, listening = port): Promise<DistantTap> =>
      taps.tapBefore({ target: { address, port }, listen: { address: host, port: listening } });
    // Not every system has all of 127/8, or lets everyone listen on port 443.
    const first = await before(tlsPort, own).catch(() => before(tlsPort, LOOPBACK, 0));
    const second = await before(h2cPort, first.address, first.port === tlsPort ? h2cPort : 0);
    const target = { ...gateway, address: first.address, tlsPort: first.port, h2cPort: second.port };
    return new CaseTap(target, [first, second]);
  }

  /** What was seen by now, numbered from 1 in the order in which the connections were opened. */
  async connections(): Promise<ConnectionTimeline[]> {
    const seen = await Promise.all(this.#taps.map((tap) => tap.connections()));
    return seen
      .flat()
      .toSorted((a, b) => a.openedAtMs - b.openedAtMs)
      .map((connection, i) => ({ ...connection, number: i + 1 }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#taps.map((tap) => tap[Symbol.asyncDispose]()));
  }
}
