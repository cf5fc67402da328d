import { runSuite } from '../../src/conformance/run-suite.ts';
import { cases } from './cases.ts';

runSuite(import.meta, cases);
