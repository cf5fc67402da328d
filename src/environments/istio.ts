import { writeFile } from 'node:fs/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { SetupError } from '../errors.ts';
import { accessLogFormat } from '../evidence/access-log-format.ts';
import { applyObjects } from '../kubernetes/apply.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { parseObjects } from '../kubernetes/manifests.ts';
import { TIMEOUTS } from '../timeouts.ts';
import type { MeshToolchain } from '../toolchain/toolchain.ts';
import { done, waitFor } from '../waiting.ts';
import type { MeshRequest } from './request.ts';

/** What the harness asks of `istioctl install`. */
export interface IstioSettings {
  /** Installation profile; default `default`. */
  readonly profile?: string;
  readonly hub: string;
  readonly tag: string;
  /** The data plane is Envoy as its project builds it, without Istio's own filters. */
  readonly stockEnvoy: boolean;
  readonly imagePullPolicy: 'IfNotPresent' | 'Never' | 'Always';
}

/** Of a mesh whose images are in its node already. */
export function istioSettings(toolchain: MeshToolchain, { profile }: MeshRequest): IstioSettings {
  const { images, stockEnvoy } = toolchain;
  const { hub, tag } = images;
  return { hub, tag, stockEnvoy, imagePullPolicy: 'Never', ...(profile === undefined ? {} : { profile }) };
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

/** The IstioOperator the harness installs: a profile of Istio's, sized for one small node. */
export function istioOperator(settings: IstioSettings): Record<string, unknown> {
  return {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    spec: {
      profile: settings.profile ?? 'default',
      hub: settings.hub,
      tag: settings.tag,
      meshConfig: {
        accessLogFile: '/dev/stdout',
        accessLogEncoding: 'JSON',
        accessLogFormat: accessLogFormat(),
        // Every case waits for its line; Envoy would write them once a second.
        defaultConfig: { fileFlushInterval: '0.05s' },
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
        gateways: {
          'istio-ingressgateway': { type: 'LoadBalancer', autoscaleEnabled: false, resources: SMALL },
        },
      },
    },
  };
}

/** Writes the IstioOperator for istioctl. @param file kept, since a report may show it */
export async function writeIstioOperator(settings: IstioSettings, file: string): Promise<void> {
  await writeFile(file, stringify(istioOperator(settings)));
}

/**
 * Everything that an installation makes, as istioctl itself renders it. It needs no cluster.
 *
 * @param istioctl the command
 * @throws SetupError when istioctl refuses what is asked for
 */
export async function istioManifests(
  settings: IstioSettings,
  set: readonly string[],
  signal: AbortSignal,
  istioctl = 'istioctl',
): Promise<KubernetesObject[]> {
  const rendered = await execa(
    istioctl,
    ['manifest', 'generate', '--filename', '-', ...set.flatMap((value) => ['--set', value])],
    { input: stringify(istioOperator(settings)), cancelSignal: signal, reject: false },
  );
  if (rendered.failed) {
    signal.throwIfAborted();
    throw new SetupError(`istioctl refuses what is asked of Istio: ${rendered.stderr.trim()}`, {
      hint: 'Look at --profile and --set.',
    });
  }
  return parseObjects(rendered.stdout, 'istioctl manifest generate');
}

/**
 * The ingress gateway's part of {@link istioManifests}.
 *
 * @throws SetupError when istioctl refuses what is asked for, or there is no ingress gateway in it
 */
export async function gatewayManifests(
  settings: IstioSettings,
  set: readonly string[],
  signal: AbortSignal,
  istioctl = 'istioctl',
): Promise<KubernetesObject[]> {
  const gateway = (await istioManifests(settings, set, signal, istioctl)).filter(
    (object) => object.metadata?.labels?.['operator.istio.io/component'] === 'IngressGateways',
  );
  if (gateway.length > 0) return gateway;
  throw new SetupError(
    'what is asked of Istio has no ingress gateway, and everything here goes through one',
    {
      hint: 'Choose a --profile that installs istio-ingressgateway, such as default or demo.',
    },
  );
}

/**
 * Applies the ingress gateway's manifests as soon as istiod is able to serve a gateway. istioctl would do the same
 * up to two seconds later: it looks after each component every two seconds (operator/pkg/install/wait.go), and finds
 * this one's objects as it wants them.
 */
export async function startGatewayEarly(
  cluster: Cluster,
  settings: IstioSettings,
  set: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const gateway = await gatewayManifests(settings, set, signal);
  // The gateway's pods mount it, and istiod makes it when it has become able to sign their certificates.
  await waitFor(
    { subject: "istiod's root certificate", deadlineMs: TIMEOUTS.istioInstall, intervalMs: 50, signal },
    async () => {
      await cluster.core.readNamespacedConfigMap({ name: 'istio-ca-root-cert', namespace: 'istio-system' });
      return done(undefined);
    },
  );
  await applyObjects(cluster, gateway);
}

/** What istioctl is told to install by. @param file the IstioOperator @param set further `--set` arguments */
export const installArguments = (file: string, set: readonly string[]): string[] => [
  ...['install', '--skip-confirmation', '--filename', file],
  ...['--readiness-timeout', `${TIMEOUTS.istioInstall / 1000}s`],
  ...set.flatMap((value) => ['--set', value]),
];

/**
 * Runs istioctl's own installer until istiod and the ingress gateway are Ready.
 *
 * @param file the IstioOperator
 * @param set further `--set` arguments
 * @throws SetupError with istioctl's last words
 */
export async function installIstio(
  file: string,
  set: readonly string[],
  { kubectlArguments }: Pick<Cluster, 'kubectlArguments'>,
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const process = execa('istioctl', [...installArguments(file, set), ...kubectlArguments], {
    all: true,
    reject: false,
    ...(signal ? { cancelSignal: signal } : {}),
  });
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
