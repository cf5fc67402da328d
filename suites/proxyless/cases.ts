import type { Case } from '../../src/conformance/model.ts';
import { discoveryCases } from './discovery.ts';
import { FEATURES } from './features.ts';
import { mutualTlsCases } from './mutual-tls.ts';

/** Clients and servers without proxies, which ask the control plane themselves. */
export const cases: readonly Case[] = [
  ...discoveryCases,
  ...FEATURES.map((each) => each.case),
  ...mutualTlsCases,
];
