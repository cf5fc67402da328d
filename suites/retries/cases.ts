import type { Case } from '../../src/conformance/model.ts';
import { cases as clock } from './clock.ts';
import { cases as defaults } from './defaults.ts';
import { matrixCases } from './matrix.ts';
import { recoveredCases } from './recovered.ts';

export const cases: readonly Case[] = [...matrixCases, ...recoveredCases, ...clock, ...defaults];
