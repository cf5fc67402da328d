import type { ConnectionTimeline } from '../timeline/events.ts';
import type { ClientTapOptions } from './client-tap.ts';
import type { KeyPair, WantedCertificate } from './tls-legs.ts';

/** Where a tap is to stand. */
export type TapPlace = Pick<ClientTapOptions, 'target' | 'listen'>;

/** Where a tap listens. */
export interface TapAddress {
  readonly address: string;
  readonly port: number;
}

/** What the taps' process is asked. Each question has a number, which its answer repeats. */
export type Question =
  /** The taps speak TLS where their clients do. */
  | { readonly do: 'start'; readonly place: TapPlace; readonly authorityPem: string }
  | { readonly do: 'read'; readonly tap: number }
  | { readonly do: 'stop'; readonly tap: number };

export type ToTaps =
  | ({ readonly id: number } & Question)
  | { readonly issued: number; readonly pair: KeyPair }
  | { readonly issued: number; readonly failed: string };

/** What it answers. A tap has the number of the question that started it. */
export type FromTaps =
  | { readonly id: number; readonly value: TapAddress | readonly ConnectionTimeline[] | null }
  | { readonly id: number; readonly failed: string }
  /** It has no key to sign with: the answer is an `issued` of that number. */
  | { readonly issue: number; readonly wanted: WantedCertificate };
