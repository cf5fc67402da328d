import { describe, expect, test } from 'vitest';
import { type WrongLine, ownExamples } from './examples.ts';
import { canRunLocally } from './meshproof.ts';

const WRONG: readonly WrongLine[] = [
  {
    what: 'a retryOn that Istio refuses',
    example: 'shop',
    file: 'deploy/routes.yaml',
    from: 'unavailable,resource',
    to: 'unavialable,resource',
    only: ['shop/admission/**', 'shop/route/**'],
    entry: 'http[1] of VirtualService shop/api',
  },
];

// More wrong lines, and the proof of all families, are the night's (config.nightly.ts).
describe.skipIf(!canRunLocally)("a team's own configuration, by the examples", () => {
  const { reuse, provesAll, names } = ownExamples('test-config');

  test.each([
    ['shop', 'Deployment shop/orders'],
    ['parcels', 'attached to the ingress gateway of this mesh'],
  ] as const)('%s does what it means', async (example, note) => {
    const { code, stderr } = await reuse(example, 'run');
    expect(stderr).toContain('configuration: meshproof.config.ts');
    expect(stderr).toContain(note);
    expect(stderr).toMatch(/Conformant: All \d+ cases passed/);
    expect(code).toBe(0);
  });

  test.each([
    ['shop', 'shop/near-miss/grpc.shop.internal/**'],
    ['parcels', 'parcels/weights/**'],
  ] as const)('what is broken of %s is seen by %s', provesAll);

  test.each(WRONG)('$what is found, and its line is named', names);
});
