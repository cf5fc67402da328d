import { describe, expect, test } from 'vitest';
import { type Planted, ownDiagnosing } from './diagnosing.ts';
import { canRunLocally } from './meshproof.ts';

const GREETER = '--method mypackage.Greeter/SayHello';
const PLANTED: readonly Planted[] = [
  {
    scenario: 'port-undeclared',
    args: `${GREETER} --header 'x-declared-by: name-grpc'`,
    cause: 'port-undeclared',
    object: 'Service default/spread-name-grpc',
    outside: 'port-undeclared',
  },
  {
    scenario: 'cors-origin',
    args: `${GREETER} --origin https://myapp.example.com`,
    cause: 'cors-origin',
    outside: 'cors-origin',
  },
];

// Further scenarios are the night's (diagnose.nightly.ts).
describe.skipIf(!canRunLocally)('meshproof diagnose', () => {
  const { look, finds } = ownDiagnosing('test-diagnose');

  test.each([443, 80])('nothing is amiss at port %i of a mesh that is as it should be', async (port) => {
    for (const access of ['', '--kubeconfig $KUBECONFIG']) {
      const { code, diagnoses, notes } = await look(port, access);
      expect({ code, diagnoses, notes }).toEqual({ code: 0, diagnoses: [], notes: [] });
    }
  });

  test.each(PLANTED)('$scenario: $cause from within, $outside from outside', finds);

  test('an address where nobody is', async () => {
    const { code, diagnoses } = await look(4, '');
    expect(diagnoses.map((each) => each.cause)).toEqual(['address-unreachable']);
    expect(code).toBe(1);
  });
});
