import {
  AppsV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  type KubeConfig,
  KubernetesObjectApi,
  VersionApi,
} from '@kubernetes/client-node';
import { UsageError } from '../errors.ts';
import { LastingConfig } from './lasting-config.ts';

/** One API server, by one kubeconfig; all of the harness's Kubernetes calls go through it. */
export class Cluster {
  readonly config: KubeConfig;
  readonly kubeconfig: string;
  /** How kubectl and istioctl are told which cluster is meant. */
  readonly kubectlArguments: readonly string[];
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly discovery: DiscoveryV1Api;
  readonly version: VersionApi;
  readonly objects: KubernetesObjectApi;

  /**
   * @param context name of a context of the file; its current one by default
   * @throws UsageError when the file cannot be read as a kubeconfig
   */
  constructor(kubeconfig: string, context?: string) {
    this.kubeconfig = kubeconfig;
    this.config = new LastingConfig();
    try {
      this.config.loadFromFile(kubeconfig);
    } catch (error) {
      throw new UsageError(`${kubeconfig} cannot be read as a kubeconfig`, { cause: error });
    }
    if (context !== undefined) this.config.setCurrentContext(context);
    this.kubectlArguments = [
      ...['--kubeconfig', kubeconfig],
      ...(context === undefined ? [] : ['--context', context]),
    ];
    if (!this.config.getCurrentCluster()) {
      throw new UsageError(
        `${kubeconfig} names no cluster for the context "${this.config.getCurrentContext()}"`,
      );
    }
    this.core = this.config.makeApiClient(CoreV1Api);
    this.apps = this.config.makeApiClient(AppsV1Api);
    this.discovery = this.config.makeApiClient(DiscoveryV1Api);
    this.version = this.config.makeApiClient(VersionApi);
    this.objects = KubernetesObjectApi.makeApiClient(this.config);
  }
}
