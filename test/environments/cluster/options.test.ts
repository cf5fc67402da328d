import { describe, expect, test } from 'vitest';
import { clusterOptionsOf } from '../../../src/cli/cluster-options.ts';
import { isOurFormat } from '../../../src/environments/cluster/access-log.ts';
import { refuseVersion } from '../../../src/environments/cluster/find-istio.ts';
import { parseGatewayAddress, parseGatewaySelector } from '../../../src/environments/cluster/options.ts';
import { accessLogFormat } from '../../../src/evidence/access-log-format.ts';

describe('what --env cluster is told', () => {
  test.each([
    ['192.0.2.7', { address: '192.0.2.7', tlsPort: 443, h2cPort: 80 }],
    ['gw.example.com:8443', { address: 'gw.example.com', tlsPort: 8443, h2cPort: 80 }],
    ['[2001:db8::7]:30443:30080', { address: '2001:db8::7', tlsPort: 30443, h2cPort: 30080 }],
  ])('the address %s', (text, wanted) => {
    expect(parseGatewayAddress(text)).toEqual(wanted);
  });

  test.each(['', 'a:b', 'a:0', 'a:70000', 'a:1:2:3', '2001:db8::7'])('%j is no address', (text) => {
    expect(() => parseGatewayAddress(text)).toThrow(/no address of a gateway/);
  });

  test('a selector has labels, and may have a namespace', () => {
    expect(parseGatewaySelector('istio=ingress')).toEqual({ labels: { istio: 'ingress' } });
    expect(parseGatewaySelector('edge/istio=ingress,team=a')).toEqual({
      namespace: 'edge',
      labels: { istio: 'ingress', team: 'a' },
    });
    expect(() => parseGatewaySelector('ingress')).toThrow(/selects no gateway/);
  });

  test('no kubeconfig is taken that was not named, and no namespace that is everybody’s', () => {
    expect(() => clusterOptionsOf('cluster', {})).toThrow(/--kubeconfig is missing/);
    expect(() => clusterOptionsOf('cluster', { kubeconfig: 'x', namespace: 'default' })).toThrow(
      /of its own/,
    );
    expect(() => clusterOptionsOf('local', { allowUnlabelled: true })).toThrow(
      '--allow-unlabelled goes with --env cluster only',
    );
    expect(clusterOptionsOf('local', {})).toBeUndefined();
  });
});

test('an Istio that is too old, or not the one asked for, is refused', () => {
  expect(() => refuseVersion('1.21.9', undefined)).toThrow('Istio 1.21.9 is too old');
  expect(() => refuseVersion('1.27.1', '1.28')).toThrow(
    'runs Istio 1.27.1, and --istio-version asks for 1.28',
  );
  expect(() => refuseVersion('1.27.1', '1.27')).not.toThrow();
  expect(() => refuseVersion('1.22.0', undefined)).not.toThrow();
});

test('a mesh whose access log lacks a field of ours does not have our format', () => {
  const mesh = (format: string) =>
    JSON.stringify({ accessLogFile: '/dev/stdout', accessLogEncoding: 'JSON', accessLogFormat: format });
  expect(isOurFormat(mesh(accessLogFormat()))).toBe(true);
  expect(isOurFormat(mesh(accessLogFormat().replace('"rpcId"', '"id"')))).toBe(false);
  expect(isOurFormat(mesh('[%START_TIME%]'))).toBe(false);
  expect(isOurFormat('{"accessLogFile":""}')).toBe(false);
});
