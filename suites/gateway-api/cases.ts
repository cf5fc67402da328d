import type { Case } from '../../src/conformance/model.ts';
import { admissionCases } from './admission.ts';
import { filterCases } from './filters.ts';
import { httpCases } from './http.ts';
import { listenerCases } from './listeners.ts';
import { matchCases } from './matches.ts';
import { ownAddressCases } from './own-address.ts';
import { pathCases } from './paths.ts';
import { streamCases } from './streams.ts';
import { tlsCases } from './tls.ts';

/** Routing, TLS and streams once more, said with Gateway API: everything that its public suite asserts of GRPCRoute, and more. */
export const cases: readonly Case[] = [
  ...tlsCases,
  ...pathCases,
  ...matchCases,
  ...filterCases,
  ...streamCases,
  ...httpCases,
  ...admissionCases,
  ...listenerCases,
  ...ownAddressCases,
];
