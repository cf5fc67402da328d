import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CAUSES, type Cause } from '../../src/diagnosis/causes.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Evidence } from '../../src/diagnosis/evidence.ts';

interface Captured {
  readonly sabotage: string;
  readonly cause: Cause;
  readonly evidence: Evidence;
}

/** Evidence of real meshes, one for each sabotage and each cause that it shows itself by. Nothing in it is made up. */
const captured = readFileSync(new URL('captured.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Captured);

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
};

describe('evidence captured under a sabotage', () => {
  test.each(captured)('$sabotage: $cause', ({ cause, evidence }) => {
    const found = diagnose(frozen(evidence));
    expect(found[0]?.cause).toBe(cause);
    expect(found[0]?.because.join('')).not.toBe('');
    expect(diagnose(evidence)).toEqual(found);
  });

  test.each(captured)('$sabotage: nothing amiss, nothing diagnosed', ({ evidence }) => {
    expect(diagnose({ ...evidence, disagreements: [], refusals: [] })).toEqual([]);
  });

  test.each(captured)('$sabotage: a symptom without the objects that explain it', ({ cause, evidence }) => {
    const blind = diagnose({ ...evidence, objects: [], secrets: [] });
    // What the client, the service or the API server says by itself remains; no object is made up.
    for (const { change } of blind)
      expect(change?.object ?? '').not.toMatch(/^(Gateway|VirtualService|Service) /);
    expect(blind.every(({ cause: named }) => named in CAUSES)).toBe(true);
    expect(cause in CAUSES).toBe(true);
  });

  test('the line to change is named, wherever an object of the cluster is to blame', () => {
    const toTheEnds = new Set<Cause>([
      'backend-reset',
      'backend-answered',
      'backend-gone',
      'client-asked-otherwise',
      'client-retries',
      'http1-client',
      'accepted-at-admission',
    ]);
    const without = captured.filter(({ cause, evidence }) => {
      const [first] = diagnose(evidence);
      return first?.change === undefined && !toTheEnds.has(cause);
    });
    // There is nothing to change of what is not there: an EnvoyFilter, a DestinationRule.
    const ofNothing: readonly Cause[] = [
      'grpc-web-filter-absent',
      'endpoint-not-ejected',
      'requests-not-limited',
    ];
    expect(without.filter(({ cause }) => !ofNothing.includes(cause)).map(({ sabotage }) => sabotage)).toEqual(
      [],
    );
  });
});

describe('rules that look like one another', () => {
  const of = (sabotage: string): Evidence => {
    const found = captured.find((each) => each.sabotage === sabotage);
    if (found === undefined) throw new Error(`no evidence of ${sabotage}`);
    return structuredClone(found.evidence);
  };

  test('the place of the line is exact', () => {
    expect(diagnose(of('S4: destinations swapped'))[0]?.change).toMatchObject({
      object: 'VirtualService default/grpc-routing',
      field: expect.stringMatching(/^spec\.http\[[01]\]\.route\[0\]\.destination\.host$/) as string,
    });
    expect(diagnose(of('S1: wrong credentialName'))[0]?.change).toMatchObject({
      object: 'Gateway default/grpc-gateway',
      field: 'spec.servers[0].tls.credentialName',
      found: 'grpc-tls-credentials',
    });
    expect(diagnose(of('S13: undeclared port'))[0]?.change?.patch).toMatch(
      /op: add\n +path: \/spec\/ports\/0\/appProtocol\n +value: grpc/,
    );
  });

  test('a port that says gRPC is not blamed for a reset', () => {
    const evidence = of('S13: port http');
    for (const object of evidence.objects) {
      if (object.kind !== 'Service') continue;
      const { spec } = object as { spec?: { ports?: { name?: string }[] } };
      for (const port of spec?.ports ?? []) port.name = 'grpc';
    }
    expect(diagnose(evidence).map(({ cause }) => cause)).not.toContain('port-declared-http1');
  });

  test('a Secret that is where it belongs is not missing', () => {
    const evidence = of('S1: wrong credentialName');
    const secrets = [{ namespace: 'istio-system', name: 'grpc-tls-credentials' }];
    expect(diagnose({ ...evidence, secrets }).map(({ cause }) => cause)).not.toContain('secret-missing');
  });

  test('a certificate is expired only when its time is over', () => {
    const evidence = of('S1: expired certificate');
    const earlier = { ...evidence, at: '2020-01-01T00:00:00.000Z' };
    expect(diagnose(earlier).map(({ cause }) => cause)).not.toContain('certificate-expired');
  });

  test('a service that keeps the deadline of a timer of the gateway is not blamed on the retry policy', () => {
    const evidence = of('S6: another valid retryOn');
    const inTime = structuredClone(evidence);
    for (const { ledger } of inTime.calls)
      Object.assign(ledger.at(-1) ?? {}, { status_code: 4, trailers_only: false });
    expect(diagnose(inTime)[0]?.cause).toBe('status-in-trailers');
    const shortened = { witness: 'ledger', what: 'grpc-timeout in ms', expected: '500', got: '150' } as const;
    const cut = { ...inTime, disagreements: [...inTime.disagreements, shortened] };
    expect(diagnose(cut).map(({ cause }) => cause)).not.toContain('status-in-trailers');
  });
});
