/** What a team's `meshproof.config.ts` imports from `meshproof`. */
export { expand } from './conformance/model.ts';
export type { Case, Sabotage } from './conformance/model.ts';
export { defineConfig } from './team/config.ts';
export type { ExpectedRetries, ExpectedRoute, RetriedStatus, TeamCase, TeamConfig } from './team/config.ts';
