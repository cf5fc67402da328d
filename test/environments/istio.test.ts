import { describe, expect, test } from 'vitest';
import { istioOperator } from '../../src/environments/istio.ts';

const settings = { hub: 'hub', tag: 'tag', imagePullPolicy: 'Never' } as const;

describe('what istioctl is asked for', () => {
  test('stock Envoy gets the three switches, each of them', () => {
    expect(istioOperator({ ...settings, stockEnvoy: true })).toMatchObject({
      spec: {
        values: {
          telemetry: { enabled: false },
          pilot: { env: { PILOT_ENABLE_METADATA_EXCHANGE: 'false', PILOT_ENABLE_ALPN_FILTER: 'false' } },
        },
      },
    });
  });

  test("Istio's own proxy gets none of them", () => {
    const text = JSON.stringify(istioOperator({ ...settings, stockEnvoy: false }));
    expect(text).not.toMatch(/telemetry|METADATA_EXCHANGE|ALPN_FILTER/);
  });

  test("the profile is the user's, else the default one", () => {
    const profileOf = (more: { profile?: string }) =>
      istioOperator({ ...settings, stockEnvoy: true, ...more }) as { spec: { profile: string } };
    expect(profileOf({ profile: 'demo' }).spec.profile).toBe('demo');
    expect(profileOf({}).spec.profile).toBe('default');
  });

  test('the access log is JSON and joins on what the clients send', () => {
    const { spec } = istioOperator({ ...settings, stockEnvoy: true }) as {
      spec: { meshConfig: { accessLogEncoding: string; accessLogFormat: string } };
    };
    expect(spec.meshConfig.accessLogEncoding).toBe('JSON');
    expect(JSON.parse(spec.meshConfig.accessLogFormat)).toMatchObject({
      rpcId: '%REQ(X-MESHPROOF-RPC?USER-AGENT)%',
      responseFlags: '%RESPONSE_FLAGS%',
    });
  });
});
