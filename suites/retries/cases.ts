import type { Case } from '../../src/conformance/model.ts';
import { bufferCases } from './buffer.ts';
import { cases as clock } from './clock.ts';
import { cases as defaults } from './defaults.ts';
import { limitCases } from './limits.ts';
import { matrixCases } from './matrix.ts';
import { recoveredCases } from './recovered.ts';

export const cases: readonly Case[] = [
  ...matrixCases,
  ...recoveredCases,
  ...bufferCases,
  ...limitCases,
  ...clock,
  ...defaults,
];
