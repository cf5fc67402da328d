import type { Case } from '../../src/conformance/model.ts';
import { circuitCases } from './circuit.ts';
import { ejectionCases } from './ejection.ts';
import { subsetCases } from './subsets.ts';

/** What a DestinationRule makes of the endpoints: some of them, fewer of them, so much at once. */
export const cases: readonly Case[] = [...subsetCases, ...circuitCases, ...ejectionCases];
