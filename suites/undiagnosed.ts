import type { Row } from '../src/conformance/outcomes.ts';

/**
 * Sabotages of which no diagnosis is demanded: no rule reads what a route of Gateway API says. `prove` wants them caught like all others.
 */
export const UNDIAGNOSED: Readonly<Partial<Record<Row, readonly string[]>>> = {
  S1: [
    'a certificate that is not renewed',
    'a certificateRef to nothing',
    'a grant for another Secret',
    'a listener of any host',
    'a listener without the option',
  ],
  S2: ['a GRPCRoute that says nothing of the kind'],
  S4: [
    'a backend where missing was good (grpc-broken)',
    'a backend where none was good (grpc-broken)',
    'a backend where zero was good (grpc-broken)',
    'a listener of any host on 80',
    'a regular expression without an end (http-grpc)',
    'a rule for everything (grpc-headers)',
    'a rule for everything (grpc-methods)',
    'a rule for everything (grpc-paths)',
    'a rule for everything (own-paths)',
    'a rule without a name (grpc-methods)',
    'backends exchanged (grpc-paths)',
    'no filter of the backend (grpc-filters)',
    'no mirror (grpc-filters)',
    'no request filter (grpc-filters)',
    'no response filter (grpc-filters)',
    'no rewrite (http-grpc)',
    'no route at the own Gateway',
    'no rule 0 (grpc-methods)',
    'no rule 0 (http-grpc)',
    'no rule 3 (grpc-methods)',
    'no rule 4 (grpc-methods)',
    'no rule 5 (grpc-methods)',
    'no timeout (http-grpc)',
    'routes at the listeners of others',
    'the rules of the others (grpc-headers)',
    'weights exchanged (grpc-filters)',
  ],
  S5: [
    'a change of nothing',
    'no route at the own Gateway',
    'no rule for streams (grpc-paths)',
    'no timeout (http-grpc)',
  ],
  S6: ['a server that fails three times'],
  S7: ['a third name that nobody has'],
  S10: ['a certificateRef to nothing'],
};
