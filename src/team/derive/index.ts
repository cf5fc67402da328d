import type { Case } from '../../conformance/model.ts';
import { admissionCases } from './admission.ts';
import { changeCases } from './changes.ts';
import { type Derivation, OWN } from './derivation.ts';
import { gatewayCases } from './gateways.ts';
import { retryCases } from './retries.ts';
import { nearMissCases, routeCases, unroutedCases } from './routes.ts';
import { timeoutCases } from './timeouts.ts';
import { webCases } from './web.ts';

/** Every case that follows from a team's configuration, and those that it brings along. */
export function casesOf(derivation: Derivation): Case[] {
  return [
    ...admissionCases(derivation),
    ...gatewayCases(derivation),
    ...routeCases(derivation),
    ...nearMissCases(derivation),
    ...unroutedCases(derivation),
    ...timeoutCases(derivation),
    ...retryCases(derivation),
    ...changeCases(derivation),
    ...webCases(derivation),
    ...(derivation.config.cases ?? []).map((each): Case => ({
      ...each,
      configuration: OWN,
      skippedWhenRefused: true,
    })),
  ];
}
