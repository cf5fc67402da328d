import { inject } from 'vitest';
import { runSuite } from '../../conformance/run-suite.ts';

runSuite(import.meta, inject('meshproofTeam').cases);
