import type { Case } from '../../src/conformance/model.ts';
import { answerCases } from './answers.ts';
import { changeCases } from './changes.ts';
import { healthCases } from './health.ts';
import { matchCases } from './matches.ts';

/** Every kind of match, and what a route may do to what it takes. */
export const cases: readonly Case[] = [...matchCases, ...changeCases, ...answerCases, ...healthCases];
