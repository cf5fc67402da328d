import type { Case } from '../../src/conformance/model.ts';
import { cases as clock } from './clock.ts';
import { cases as defaults } from './defaults.ts';
import { cases as statuses } from './statuses.ts';

export const cases: readonly Case[] = [...statuses, ...clock, ...defaults];
