import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from '../../src/conformance/model.ts';
import { PROJECT_ROOT } from '../../src/paths.ts';
import { otherText } from './sabotages.ts';

/** A block of the seed as it stands there, indentation restored. */
const seed = (file: string) => readFileSync(join(PROJECT_ROOT, 'manifests/seed', `${file}.yaml`), 'utf8');

const asItStands = (file: string, row: Case['row'], title: string) => ({
  name: `seed/${file}`,
  row,
  title,
  // Nothing is left behind at admission, so any configuration will do.
  configuration: 'catch-all',
  invocation: { client: 'admission', yaml: seed(file) } as const,
});

const ACCEPTED = { admission: { accepted: true } } as const;
const REFUSED = 'admission: expected accepted, got refused';

/** The seed's streaming route with its group spelt right. */
const streaming = seed('grpc-streaming').replace('networking.rypt.io', 'networking.istio.io');

/** What this Istio's API server says to each block of the seed, as it stands there. */
export const cases: readonly Case[] = [
  {
    ...asItStands('gateway', 'S1', "The seed's Gateway is accepted."),
    expectation: ACCEPTED,
    sabotages: [
      otherText('TLS without a mode', seed('gateway').replace('mode: SIMPLE', 'mode: SIMPEL'), REFUSED),
    ],
  },
  {
    ...asItStands('grpc-vs', 'S2', "The seed's first VirtualService is accepted."),
    expectation: ACCEPTED,
    sabotages: [otherText('a port that is none', seed('grpc-vs').replace('50051', '500510'), REFUSED)],
  },
  {
    ...asItStands(
      'grpc-routing',
      'S4',
      "The seed's path routes are accepted, though without closing slashes.",
    ),
    expectation: ACCEPTED,
    sabotages: [
      otherText('a match that is none', seed('grpc-routing').replace('prefix:', 'prefx:'), REFUSED),
    ],
  },
  {
    ...asItStands(
      'grpc-streaming',
      'S5',
      "The seed's streaming route is refused: its API group does not exist.",
    ),
    expectation: { admission: { accepted: false, message: /networking\.rypt\.io/ } },
    sabotages: [otherText('group spelt right', streaming, "API server's message")],
  },
  {
    ...asItStands(
      'grpc-streaming',
      'S5',
      "`timeout: 0s`, the seed's way to have none, is refused; older Istio took it.",
    ),
    name: 'seed/grpc-streaming/group-corrected',
    invocation: { client: 'admission', yaml: streaming },
    expectation: ACCEPTED,
    sinceIstio: {
      // Reports name 1.24 and 1.29; 1.24 is where validation became CEL rules of the CRD. Measured on 1.31.
      '1.24': { admission: { accepted: false, message: /must be a valid duration greater than 1ms/ } },
    },
    sabotages: [
      otherText(
        'no timeout',
        streaming.replace(/\n *timeout: 0s/, ''),
        'admission: expected refused, got accepted',
      ),
    ],
  },
  {
    ...asItStands(
      'grpc-resilience',
      'S6',
      "The seed's retries are accepted, though four tries of 20 s do not fit into 60 s.",
    ),
    expectation: ACCEPTED,
    sabotages: [
      otherText(
        'a retryOn that is none',
        seed('grpc-resilience').replace('resource-exhausted', 'resource_exhausted'),
        REFUSED,
      ),
    ],
  },
  {
    ...asItStands('grpc-web-filter', 'S8', "The seed's EnvoyFilter is accepted."),
    expectation: ACCEPTED,
    sabotages: [
      otherText(
        'an operation that is none',
        seed('grpc-web-filter').replace('INSERT_BEFORE', 'PUT_BEFORE'),
        REFUSED,
      ),
    ],
  },
  {
    ...asItStands(
      'grpc-web-vs',
      'S9',
      "The seed's route for gRPC-Web is accepted, though no preflight can match it.",
    ),
    expectation: ACCEPTED,
    sabotages: [
      otherText('an origin without a match', seed('grpc-web-vs').replace('- exact:', '- exakt:'), REFUSED),
    ],
  },
];
