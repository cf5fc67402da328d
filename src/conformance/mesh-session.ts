import { Readable } from 'node:stream';
import { issuerOf } from '../certificates/issuer.ts';
import { Browsers } from '../clients/browser/browsers.ts';
import { findBrowser } from '../clients/browser/find.ts';
import type { Target } from '../clients/target.ts';
import { podCallers } from '../environments/callers.ts';
import { AppliedConfiguration } from '../environments/configuration.ts';
import { Convergence } from '../environments/convergence.ts';
import type { Environment } from '../environments/environment.ts';
import { containersBeside, targetFor } from '../environments/containers-beside.ts';
import { installGatewayApi, isGatewayApi } from '../environments/gateway-api/gateway-api.ts';
import { findOwnGateway, OF_OWN_GATEWAY } from '../environments/gateway-api/own-gateway.ts';
import { pathOf } from '../environments/handle.ts';
import { makeNamespaces } from '../environments/ours.ts';
import { MeshView, readyPods } from '../environments/mesh-view.ts';
import { AS_WRITTEN, type Placement, namespacesOf, place, selectorOf } from '../environments/placement.ts';
import { GATEWAY_HOST } from '../environments/samples.ts';
import { RefusedError, SetupError } from '../errors.ts';
import { AccessLog } from '../evidence/access-log.ts';
import { ConfigDump } from '../evidence/config-dump.ts';
import { Ledger } from '../evidence/ledger.ts';
import { TapProcess } from '../frames/tap/tap-process.ts';
import { applyObjects } from '../kubernetes/apply.ts';
import { Cluster } from '../kubernetes/cluster.ts';
import { parseObjects } from '../kubernetes/manifests.ts';
import { parsePatches } from '../kubernetes/patches.ts';
import { followLogs, tailLogs } from '../kubernetes/pod-log.ts';
import { openTunnel } from '../kubernetes/port-forward.ts';
import { waitUntilGone } from '../kubernetes/leaving.ts';
import { restartDeployments } from '../kubernetes/readiness.ts';
import type { AdmissionRecord } from './case-record.ts';
import { CaseTap } from './case-tap.ts';
import { Configurations, type ConfigurationSource } from './configurations.ts';
import { askOnce } from './configured.ts';
import type { AppliedChange } from './model.ts';
import type { Session } from './session.ts';
import { createTestCertificates, type Credential } from './test-certificates.ts';

const COLLECTOR_PORT = 50052;
/** How an action names the ingress gateway, whatever it is called and wherever it is. */
export const INGRESS_GATEWAY = 'ingress gateway';
/** The same of the control plane. */
export const ISTIOD = 'istiod';
/** Seconds: more than a pod that has just become Ready is old. */
const WHOLE_LOG = 600;

export interface MeshSessionOptions {
  readonly environment: Environment;
  /** Absolute folder of the report. */
  readonly results: string;
  readonly configurations: Readonly<Record<string, ConfigurationSource>>;
  /** The gateway's Secrets, made by the test CA; default that of the host all suites call. */
  readonly credentials?: readonly Credential[];
  /** The host that is called when a case names none; default the one all suites call. */
  readonly host?: string;
  /** Namespaces, beside that of the sample services, that hold objects of the configurations. */
  readonly namespaces?: readonly string[];
  /** The user's own patches (`--patch`), as YAML text; applied after a sabotage's. */
  readonly patches: readonly string[];
  /** Run every case through taps, not only those that are judged by frames. */
  readonly tapped: boolean;
  /** Whether the gateway's access log is followed; default true. Without it nothing can be asked of it. */
  readonly followsLog?: boolean;
  readonly signal: AbortSignal;
}

/** A session with all that the ledger and the gateway can be asked. */
export interface MeshSession extends Session {
  readonly ledger: Ledger;
  /** GET of the admin interface of the gateway's newest Envoy, such as `/server_info`. */
  gateway(path: string): Promise<string>;
  /** Turns to the pods of istiod and the gateway that are there now, and waits until they have what is applied. */
  follow(): Promise<void>;
  /** Names of the gateway's pods, the newest first. */
  gatewayPods(): readonly string[];
}

/**
 * Opens the session against a running environment: finds its gateway and its collector, makes the test CA, and
 * follows the gateway's access log from here on.
 */
export async function openMeshSession(options: MeshSessionOptions): Promise<MeshSession> {
  const { environment, signal } = options;
  process.env.PATH = pathOf(environment);
  const { placement } = environment;
  const cluster = new Cluster(environment.kubeconfig, environment.context);
  const view = await MeshView.open(cluster, placement);
  const convergence = await Convergence.open(view);
  // What an earlier session applied of it is found only where it is known.
  if (usesGatewayApi(options)) await installGatewayApi(cluster, signal);
  // On a cluster that is handed in there are no namespaces to make, and perhaps no right to list them.
  const namespaces =
    environment.kind === 'cluster' ? [] : await makeNamespaces(cluster, options.namespaces ?? []);
  const applied = await AppliedConfiguration.open(cluster, convergence, placement, namespaces);

  const certificates = await createTestCertificates(environment.caFile, options.credentials);
  const configured = new Configurations({
    configurations: options.configurations,
    servicesImage: environment.images.services,
    objects: certificates.secrets,
    patches: options.patches.flatMap((text) => parsePatches(text, 'a patch')),
  });

  const configDump = new ConfigDump((path) => view.gateway(path), placement.samples);
  let state = askOnce([], placement.gateway, configDump);
  const host = options.host ?? GATEWAY_HOST;
  const beside = containersBeside(environment, certificates.authority, host);
  const programs = await findBrowser();
  const reached = {
    ...environment.gateway,
    caPem: certificates.caPem,
    clientPairs: certificates.clientPairs,
    caFile: environment.caFile,
    host,
    ...(beside && { containers: beside.clients }),
    callers: podCallers(cluster, placement),
  };
  const page = await certificates.authority.issue({ names: PAGE_HOSTS });
  const target = {
    ...reached,
    ...(programs && { browsers: new Browsers({ programs, target: reached, page }) }),
  };
  let taps: TapProcess | undefined;
  const gatewayLines = (sinceSeconds?: number) =>
    options.followsLog === false
      ? noLines()
      : followLogs(cluster, placement.gateway, view.gatewayPods, 'istio-proxy', signal, sinceSeconds);
  const gatewayLog = new AccessLog(gatewayLines());
  /** Our own configurations, in folders, bring it when the first of them that needs it is applied. */
  let gatewayApi: Promise<void> | undefined;
  const followed = new Map<string, Promise<void>>();
  const followOwn = (pod: string): Promise<void> => {
    const already = followed.get(pod);
    if (already) return already;
    gatewayLog.followBeside(followLogs(cluster, placement.samples, [pod], 'istio-proxy', signal, WHOLE_LOG));
    // It has come after what is applied, and may be taking it still.
    const settled = convergence.settle([], [], signal);
    followed.set(pod, settled);
    return settled;
  };
  const atOwnGateway = async (gateway: string): Promise<Target> => {
    const { address, pods } = await findOwnGateway(cluster, placement.samples, gateway, signal);
    await Promise.all(pods.map(followOwn));
    return { ...target, address, tlsPort: 443, h2cPort: 80 };
  };
  let base: { readonly name: string; readonly change: AppliedChange } | undefined;
  const apply = async (name: string, changes: readonly AppliedChange[], inPlace: boolean) => {
    const certificate = changes.findLast((change) => change.certificate !== undefined)?.certificate;
    const added = [
      ...(certificate === undefined ? [] : await certificates.faulty(certificate)),
      ...changes
        .flatMap(({ objects = [] }) => objects)
        .flatMap((text) => parseObjects(text, "a case's object")),
    ];
    const patches = changes.flatMap(({ manifests = [] }) => manifests);
    const parsed = patches.flatMap((patch) => parsePatches(patch, "a case's patch"));
    const wanted = place(await configured.objects(name, parsed, added), placement);
    if (wanted.some(isGatewayApi)) await (gatewayApi ??= installGatewayApi(cluster, signal));
    state = askOnce(wanted, placement.gateway, configDump);
    await applied.replace(wanted, signal, { inPlace });
  };

  const followGateway = async () => {
    await convergence.followGateway();
    gatewayLog.follow(gatewayLines(WHOLE_LOG));
  };

  return {
    capabilities: [...environment.capabilities, ...(programs === undefined ? [] : (['browser'] as const))],
    istio: environment.versions.istio,
    envoy: environment.versions.envoy,
    tapped: options.tapped,
    tap: () => CaseTap.start(target, (taps ??= new TapProcess(issuerOf(certificates.authority)))),
    target,
    targetFor: (invocation) =>
      invocation.gateway === undefined
        ? targetFor(invocation, target, beside)
        : atOwnGateway(invocation.gateway),
    gatewayLog,
    ledger: new Ledger(await collectorAddress(cluster, placement)),
    podLogs: podLogReader(cluster, [...namespacesOf(placement), ...namespaces]),
    configDump,
    signal,
    results: options.results,
    calm: async () => {
      const gone = (labels: string, which?: () => boolean) =>
        waitUntilGone(cluster, placement.samples, labels, signal, which);
      // Those of a Gateway that is deleted are told to end by the garbage collector, in its own time.
      await gone(OF_OWN_GATEWAY, () => true);
      await gone('');
      await waitUntilGone(cluster, placement.gateway, selectorOf(placement.gatewayLabels), signal);
    },
    useConfiguration: (name, change) => {
      base = { name, change };
      return apply(name, [change], false);
    },
    changeConfiguration: async (further, anew) => {
      if (base === undefined) throw new SetupError('no configuration is applied that could be changed');
      await apply(base.name, [base.change, further], !anew);
    },
    restart: async (deployment, changed) => {
      if (deployment === INGRESS_GATEWAY) {
        const labels = selectorOf(placement.gatewayLabels);
        await restartDeployments(cluster, placement.gateway, labels, signal, changed);
        await followGateway();
      } else if (deployment === ISTIOD) {
        const labels = selectorOf(placement.istiodLabels);
        await restartDeployments(cluster, placement.control, labels, signal, changed);
        await view.followIstiod();
        // How soon each proxy comes to the new one is its own affair: it goes on with what it has.
        return;
      } else await restartDeployments(cluster, placement.samples, `app=${deployment}`, signal, changed);
      await convergence.settle([], [], signal);
    },
    follow: async () => {
      await Promise.all([view.followIstiod(), followGateway()]);
      await convergence.settle([], [], signal);
    },
    inEffect: () => state,
    admit: (yaml) => admit(cluster, yaml, placement),
    gateway: (path) => view.gateway(path),
    gatewayPods: () => view.gatewayPods,
  };
}

/** Whether a configuration that comes as objects has some of Gateway API. Ours, in folders, have none. */
const usesGatewayApi = ({ configurations }: MeshSessionOptions): boolean =>
  Object.values(configurations).some((source) => typeof source !== 'string' && source.some(isGatewayApi));

const noLines = (): AsyncIterable<string> => Readable.from([]);

/** Where the pages of browser cases may come from. */
const PAGE_HOSTS = ['*.example.com', 'myapp.example.com.evil.example'];

/** Cases of a group fail together: their evidence shares one reading of the logs, in milliseconds. */
const SHARED_READING = 2_000;

function podLogReader(cluster: Cluster, namespaces: readonly string[]): Session['podLogs'] {
  let reading: Promise<Record<string, string>> | undefined;
  let readAt = -Infinity;
  return () => {
    if (!reading || performance.now() - readAt > SHARED_READING) {
      readAt = performance.now();
      reading = tailLogs(cluster, [...new Set(namespaces)]);
    }
    return reading;
  };
}

async function collectorAddress(cluster: Cluster, { samples }: Placement): Promise<string> {
  const [pod] = await readyPods(cluster, samples, 'app=meshproof-collector');
  const tunnel = await openTunnel(cluster, samples, pod.metadata?.name ?? '', COLLECTOR_PORT);
  return `127.0.0.1:${tunnel.port}`;
}

/** Asks the API server, webhooks included, what it thinks of objects, without leaving any behind. */
async function admit(cluster: Cluster, yaml: string, placement: Placement): Promise<AdmissionRecord> {
  const written = parseObjects(yaml, "the case's manifest").map((object) => ({
    ...object,
    metadata: { namespace: AS_WRITTEN.samples, ...object.metadata },
  }));
  const objects = place(written, placement);
  try {
    await applyObjects(cluster, objects, { dryRun: true });
    return { accepted: true, message: '' };
  } catch (error) {
    if (error instanceof RefusedError) return { accepted: false, message: error.reason };
    throw error;
  }
}
