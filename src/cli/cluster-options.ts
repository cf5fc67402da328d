import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { EnvironmentKind } from '../environments/environment.ts';
import {
  type ClusterOptions,
  checkNamespace,
  parseGatewayAddress,
  parseGatewaySelector,
} from '../environments/cluster/options.ts';
import { AS_WRITTEN } from '../environments/placement.ts';
import { UsageError } from '../errors.ts';

/** Which cluster `--env cluster` means. */
export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

/** And how it is to be used. */
export interface ClusterUseFlags extends ClusterFlags {
  readonly gateway?: 'load-balancer' | 'node-port';
  readonly gatewayAddress?: string;
  readonly gatewaySelector?: string;
  readonly servicesImage?: string;
  readonly installIstio?: boolean;
  readonly allowUnlabelled?: boolean;
}

const NAMESPACE = 'meshproof';

/** Adds the options that say which cluster. */
export function addClusterOptions(command: Command): Command {
  return command
    .optionsGroup('With --env cluster:')
    .option(
      '--kubeconfig <file>',
      'the kubeconfig; KUBECONFIG and ~/.kube/config are never taken by themselves',
    )
    .option('--context <name>', "context of the kubeconfig; the file's current one by default")
    .option(
      '--namespace <name>',
      `namespace made for the samples and removed afterwards; ${NAMESPACE} by default`,
    );
}

/** Adds the options that say how the cluster is to be used, too. */
export function addClusterUseOptions(command: Command): Command {
  return addClusterOptions(command)
    .addOption(
      new Option('--gateway <way>', 'how clients reach the gateway; load-balancer by default').choices([
        'load-balancer',
        'node-port',
      ] as const),
    )
    .option('--gateway-address <address>', 'HOST[:TLS_PORT[:H2C_PORT]] where the gateway is reached instead')
    .option(
      '--gateway-selector <labels>',
      "[NAMESPACE/]KEY=VALUE[,...] of the gateway's pods; istio=ingressgateway by default",
    )
    .option('--services-image <ref>', 'image of the sample services; one that the nodes have by default')
    .option('--install-istio', 'install Istio where there is none, and remove it afterwards')
    .option('--allow-unlabelled', 'use a cluster without the label meshproof.dev/fit=true');
}

const FLAGS: readonly (keyof ClusterUseFlags)[] = [
  ...(['kubeconfig', 'context', 'namespace', 'gateway', 'gatewayAddress'] as const),
  ...(['gatewaySelector', 'servicesImage', 'installIstio', 'allowUnlabelled'] as const),
];

/**
 * What the flags say, for the kind `cluster`; undefined for others.
 *
 * @throws UsageError when they contradict one another
 */
export function clusterOptionsOf(
  kind: EnvironmentKind | undefined,
  flags: ClusterUseFlags,
): ClusterOptions | undefined {
  if (kind !== 'cluster') {
    const given = FLAGS.find((flag) => flags[flag] !== undefined);
    if (given === undefined) return undefined;
    const dashed = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${dashed} goes with --env cluster only`);
  }
  if (flags.kubeconfig === undefined) {
    throw new UsageError('--env cluster needs to be told which: --kubeconfig is missing', {
      hint: 'Give --kubeconfig FILE, and --context NAME if it has several. KUBECONFIG and ~/.kube/config are never taken by themselves.',
    });
  }
  if (flags.gateway !== undefined && flags.gatewayAddress !== undefined)
    throw new UsageError('--gateway and --gateway-address contradict each other', { hint: 'Give one.' });
  const namespace = flags.namespace ?? NAMESPACE;
  checkNamespace(namespace);
  return {
    kubeconfig: resolve(flags.kubeconfig),
    ...(flags.context === undefined ? {} : { context: flags.context }),
    namespace,
    gateway:
      flags.gatewayAddress === undefined
        ? (flags.gateway ?? 'load-balancer')
        : parseGatewayAddress(flags.gatewayAddress),
    gatewaySelector:
      flags.gatewaySelector === undefined
        ? { labels: AS_WRITTEN.gatewayLabels }
        : parseGatewaySelector(flags.gatewaySelector),
    ...(flags.servicesImage === undefined ? {} : { servicesImage: flags.servicesImage }),
    installIstio: flags.installIstio === true,
    allowUnlabelled: flags.allowUnlabelled === true,
  };
}
