import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { TestAuthority } from '../certificates/authority.ts';
import { ISTIOD } from '../conformance/mesh-session.ts';
import type { Session } from '../conformance/session.ts';
import type { Placement } from '../environments/placement.ts';
import { applyObjects, deleteObjects } from '../kubernetes/apply.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { done, notYet, waitFor } from '../waiting.ts';

/** The certificate authorities of a rotation: the one before it, and the one after. */
export type AuthorityName = 'old' | 'new';

/** By whom istiod has workload certificates signed, and whom workloads trust. */
export interface WorkloadCa {
  readonly signs: AuthorityName;
  readonly trusts: readonly AuthorityName[];
}

/** The Secret of a CA that is plugged in (Istio's task "Plug in CA Certificates"). */
const SECRET = 'cacerts';

/** Where istiod puts the roots for the pods of a namespace (its agents check istiod by it). */
const ROOTS = 'istio-ca-root-cert';

const COMMON_NAMES = { old: 'meshproof old workload CA', new: 'meshproof new workload CA' } as const;

/** Changes the CA that istiod signs workload certificates by, as an operator does: by the Secret, and a new istiod. */
export class WorkloadAuthorities {
  readonly #cluster: Cluster;
  readonly #placement: Placement;
  readonly #session: Pick<Session, 'restart'>;
  readonly #signal: AbortSignal;
  #made: Promise<Readonly<Record<AuthorityName, TestAuthority>>> | undefined;

  constructor(
    cluster: Cluster,
    placement: Placement,
    session: Pick<Session, 'restart'>,
    signal: AbortSignal,
  ) {
    this.#cluster = cluster;
    this.#placement = placement;
    this.#session = session;
    this.#signal = signal;
  }

  /**
   * Returns when a new istiod has it, and has told the API server and every namespace which roots count. What pods have
   * already they keep: they get another certificate when they are replaced, or when theirs is half through its time.
   *
   * @param ca undefined for the one that istiod makes itself
   * @throws WaitTimeoutError
   */
  async use(ca: WorkloadCa | undefined): Promise<void> {
    if (ca === undefined) await deleteObjects(this.#cluster, [this.#secret]);
    else await applyObjects(this.#cluster, [await this.#secretOf(ca)]);
    await this.#session.restart(ISTIOD);
    if (ca === undefined) return;
    const made = await this.#authorities();
    const roots = ca.trusts.map((name) => made[name].pem);
    await this.#wait('the roots of every namespace', async () => {
      const { data = {} } = await this.#cluster.core.readNamespacedConfigMap({
        name: ROOTS,
        namespace: this.#placement.samples,
      });
      return hasAll(data['root-cert.pem'] ?? '', roots) ? done(undefined) : notYet('other roots');
    });
    await this.#wait("the roots of istiod's webhooks", async () => {
      const { items } = await this.#cluster.objects.list<V1MutatingWebhookConfiguration>(
        'admissionregistration.k8s.io/v1',
        'MutatingWebhookConfiguration',
      );
      const bundles = items
        .flatMap(({ webhooks = [] }) => webhooks)
        .filter(({ clientConfig }) => clientConfig.service?.namespace === this.#placement.control)
        .map(({ clientConfig }) => Buffer.from(clientConfig.caBundle ?? '', 'base64').toString());
      return bundles.every((bundle) => hasAll(bundle, roots)) ? done(undefined) : notYet('other roots');
    });
  }

  async #authorities(): Promise<Readonly<Record<AuthorityName, TestAuthority>>> {
    this.#made ??= Promise.all([
      TestAuthority.create(COMMON_NAMES.old),
      TestAuthority.create(COMMON_NAMES.new),
    ]).then(([old, renewed]) => ({ old, new: renewed }));
    return this.#made;
  }

  async #secretOf({ signs, trusts }: WorkloadCa) {
    const made = await this.#authorities();
    const certificate = made[signs].pem;
    return {
      ...this.#secret,
      stringData: {
        'ca-cert.pem': certificate,
        'ca-key.pem': await made[signs].keyPem(),
        'cert-chain.pem': certificate,
        'root-cert.pem': trusts.map((name) => `${made[name].pem.trim()}\n`).join(''),
      },
    };
  }

  get #secret() {
    const metadata = { name: SECRET, namespace: this.#placement.control };
    return { apiVersion: 'v1', kind: 'Secret', metadata };
  }

  /** The new istiod writes both only once the old one has let go of the lease on it. */
  #wait(subject: string, attempt: Parameters<typeof waitFor<undefined>>[1]): Promise<undefined> {
    return waitFor({ subject, deadlineMs: TIMEOUTS.rollout, signal: this.#signal }, attempt);
  }
}

/** Whether each certificate is in the bundle; line breaks may differ. */
function hasAll(bundle: string, certificates: readonly string[]): boolean {
  const plain = bundle.replaceAll(/\s/g, '');
  return certificates.every((pem) => plain.includes(pem.replaceAll(/\s/g, '')));
}
