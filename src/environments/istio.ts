import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { SetupError } from '../errors.ts';
import { accessLogFormat } from '../evidence/access-log-format.ts';
import { TIMEOUTS } from '../timeouts.ts';

/** What the harness asks of `istioctl install`. */
export interface IstioSettings {
  readonly hub: string;
  readonly tag: string;
  /** The data plane is Envoy as its project builds it, without Istio's own filters. */
  readonly stockEnvoy: boolean;
  readonly imagePullPolicy: 'IfNotPresent' | 'Never' | 'Always';
  /** Further `--set` arguments of the user. */
  readonly set?: readonly string[];
}

/**
 * The switches that make Istio do without the three filters only its own Envoy build has. Each is a documented
 * setting of istiod or of its charts; a report on such a mesh must name them.
 */
export const STOCK_ENVOY_SWITCHES = [
  'PILOT_ENABLE_METADATA_EXCHANGE=false (no istio.metadata_exchange filter)',
  'PILOT_ENABLE_ALPN_FILTER=false (no istio.alpn filter)',
  'values.telemetry.enabled=false (no istio.stats filter)',
] as const;

const SMALL = { requests: { cpu: '10m', memory: '40Mi' } };

/** The IstioOperator the harness installs: Istio's default profile, sized for one small node. */
export function istioOperator(settings: IstioSettings): Record<string, unknown> {
  return {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    spec: {
      profile: 'default',
      hub: settings.hub,
      tag: settings.tag,
      meshConfig: {
        accessLogFile: '/dev/stdout',
        accessLogEncoding: 'JSON',
        accessLogFormat: accessLogFormat(),
      },
      values: {
        global: { imagePullPolicy: settings.imagePullPolicy, proxy: { resources: SMALL } },
        ...(settings.stockEnvoy ? { telemetry: { enabled: false } } : {}),
        pilot: {
          autoscaleEnabled: false,
          resources: { requests: { cpu: '50m', memory: '128Mi' } },
          env: settings.stockEnvoy
            ? { PILOT_ENABLE_METADATA_EXCHANGE: 'false', PILOT_ENABLE_ALPN_FILTER: 'false' }
            : {},
        },
        gateways: { 'istio-ingressgateway': { type: 'LoadBalancer', autoscaleEnabled: false, resources: SMALL } },
      },
    },
  };
}

/**
 * Runs istioctl's own installer until istiod and the ingress gateway are Ready.
 *
 * @param file where the IstioOperator is written; kept, since a report may show it
 * @throws SetupError with istioctl's last words
 */
export async function installIstio(
  settings: IstioSettings,
  kubeconfig: string,
  file: string,
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  await writeFile(file, stringify(istioOperator(settings)));
  const process = execa(
    'istioctl',
    [
      ...['install', '--skip-confirmation', '--filename', file, '--kubeconfig', kubeconfig],
      ...['--readiness-timeout', `${TIMEOUTS.istioInstall / 1000}s`],
      ...(settings.set ?? []).flatMap((value) => ['--set', value]),
    ],
    { all: true, reject: false, ...(signal ? { cancelSignal: signal } : {}) },
  );
  // istioctl opens with a drawing of a ship; only lines with words are worth showing.
  for await (const line of process.iterable({ from: 'all' })) if (/[a-z]{3}/.test(line)) onLine(line.trim());
  const result = await process;
  if (result.failed) {
    signal?.throwIfAborted();
    throw new SetupError(`istioctl install failed: ${result.all.trim().split('\n').slice(-6).join('\n')}`, {
      hint: `What was asked for is in ${file}.`,
    });
  }
}
