import type { Suite } from '../src/conformance/model.ts';
import { cases as grpcurl } from './grpcurl/cases.ts';
import { cases as pathRouting } from './path-routing/cases.ts';

/** All suites, in the order in which they run: those that share a configuration stand together. */
export const suites: readonly Suite[] = [
  { folder: 'path-routing', cases: pathRouting },
  { folder: 'grpcurl', cases: grpcurl },
];

export { CONFIGURATIONS } from './configurations.ts';
