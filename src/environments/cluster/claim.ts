import { hostname } from 'node:os';
import { PatchStrategy, type V1Namespace } from '@kubernetes/client-node';
import { type HarnessError, SetupError, UsageError } from '../../errors.ts';
import { hasStatus } from '../../kubernetes/apply.ts';
import { type Try, done, notYet, waitFor } from '../../waiting.ts';
import { OURS, isOurs, ours } from '../ours.ts';
import type { Placement } from '../placement.ts';
import type { Connection } from './connect.ts';

/**
 * The namespace of the samples is also the claim on the cluster: its annotations say who is at work in it, whether it
 * is to stay, and what else in the cluster goes with it. It is the first to come and the last to go, so whatever a
 * killed run has left can be found from it.
 */
const ANNOTATION = {
  /** Who made it, for people. */
  holder: 'meshproof.dev/held-by',
  /** Changes for as long as a command works in it; not there when none does. */
  beat: 'meshproof.dev/beat',
  /** Since when it stays without a command. */
  kept: 'meshproof.dev/kept',
  /** What else is where. */
  contents: 'meshproof.dev/contents',
} as const;

/** How often a command shows that it lives. */
const BEAT_MS = 2_000;
/** A beat that has not changed for so long is a killed command's. */
const SILENCE_MS = 4 * BEAT_MS;

/** What has to be known to remove everything. */
export interface Contents {
  readonly placement: Placement;
  /** Istio is there because we installed it. */
  readonly istioInstalled: boolean;
}

/** A namespace that some run of ours has made. */
export interface Claim {
  readonly namespace: string;
  readonly contents: Contents | undefined;
  readonly kept: boolean;
  readonly beat: string | undefined;
  readonly holder: string;
}

function claimOf({ metadata }: V1Namespace): Claim {
  const annotations = metadata?.annotations ?? {};
  const contents = annotations[ANNOTATION.contents];
  return {
    namespace: metadata?.name ?? '',
    contents: contents === undefined ? undefined : (JSON.parse(contents) as Contents),
    kept: annotations[ANNOTATION.kept] !== undefined,
    beat: annotations[ANNOTATION.beat],
    holder: annotations[ANNOTATION.holder] ?? 'somebody',
  };
}

/** The claims on a cluster, whoever's. */
export async function listClaims({ cluster }: Connection): Promise<Claim[]> {
  const { items } = await cluster.core.listNamespace({ labelSelector: `${OURS}=environment` });
  // Its samples are in it; istio-system has the label too when we installed Istio.
  return items
    .filter(({ metadata }) => metadata?.annotations?.[ANNOTATION.holder] !== undefined)
    .map(claimOf);
}

/**
 * Whether a command is at work in the namespace. Clocks of other machines prove nothing, so the beat is watched.
 *
 * @returns false after {@link SILENCE_MS} without a beat, and at once where there is none to wait for
 */
export async function isAlive({ cluster }: Connection, claim: Claim, signal: AbortSignal): Promise<boolean> {
  if (claim.beat === undefined) return false;
  const started = performance.now();
  return waitFor(
    { subject: `a sign of life in ${claim.namespace}`, deadlineMs: 2 * SILENCE_MS, intervalMs: 500, signal },
    async (): Promise<Try<boolean>> => {
      const found = await cluster.core.readNamespace({ name: claim.namespace }).catch((error: unknown) => {
        if (hasStatus(error, 404)) return undefined;
        throw error;
      });
      const beat = found && claimOf(found).beat;
      if (beat === undefined) return done(false);
      if (beat !== claim.beat) return done(true);
      return performance.now() - started > SILENCE_MS ? done(false) : notYet('no beat');
    },
  );
}

/**
 * Makes sure that the cluster is nobody's.
 *
 * @returns the claims of killed runs, to be removed first
 * @throws UsageError when another command is at work in it, or it has an environment that is kept
 */
export async function refuseClaimed(
  connection: Connection,
  namespace: string,
  signal: AbortSignal,
): Promise<Claim[]> {
  const claims = await listClaims(connection);
  for (const claim of claims) {
    if (claim.kept) {
      throw new UsageError(`${connection.title} has an environment already, kept in ${claim.namespace}`, {
        hint: `Run on it by --reuse --namespace ${claim.namespace}, or end it by "meshproof down --env cluster".`,
      });
    }
    if (await isAlive(connection, claim, signal)) {
      throw new UsageError(
        `${claim.holder} is at work in ${connection.title}, in the namespace ${claim.namespace}`,
        {
          hint: 'A gateway has one configuration at a time: wait for it to end.',
        },
      );
    }
  }
  const found = await connection.cluster.core.readNamespace({ name: namespace }).catch((error: unknown) => {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  });
  if (found && !isOurs(found)) {
    throw new UsageError(`the namespace ${namespace} is there already, and meshproof did not make it`, {
      hint: 'Choose a name that is free by --namespace: it is made for the run and removed afterwards.',
    });
  }
  return claims;
}

/** The samples' namespace: without sidecars, which would stand between gateway and services. */
export const namespaceObject = (name: string): V1Namespace =>
  ours('environment', [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'istio-injection': 'disabled', 'istio.io/dataplane-mode': 'none' } },
    },
  ])[0] as V1Namespace;

const newBeat = () => new Date().toISOString();

/** Makes the namespace. @throws UsageError when another command was faster */
export async function claim({ cluster }: Connection, namespace: string, contents: Contents): Promise<void> {
  const { metadata, ...object } = namespaceObject(namespace);
  const annotations = {
    [ANNOTATION.holder]: `process ${process.pid} on ${hostname()}`,
    [ANNOTATION.beat]: newBeat(),
    [ANNOTATION.contents]: JSON.stringify(contents),
  };
  try {
    await cluster.core.createNamespace({ body: { ...object, metadata: { ...metadata, annotations } } });
  } catch (error) {
    if (!hasStatus(error, 409)) throw error;
    throw new UsageError(`the namespace ${namespace} was made by somebody else a moment ago`, {
      cause: error,
    });
  }
}

type Change = Partial<Record<keyof typeof ANNOTATION, string | null>>;

async function annotate({ cluster }: Connection, namespace: string, change: Change): Promise<void> {
  const annotations = Object.fromEntries(
    Object.entries(change).map(([key, value]) => [ANNOTATION[key as keyof typeof ANNOTATION], value]),
  );
  await cluster.objects.patch(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, annotations } } as V1Namespace,
    undefined,
    undefined,
    undefined,
    undefined,
    PatchStrategy.MergePatch,
  );
}

/** Lets the namespace stay after the command. */
export const keep = (connection: Connection, namespace: string): Promise<void> =>
  annotate(connection, namespace, { kept: newBeat(), beat: null });

/**
 * Shows that this command is at work in the namespace.
 *
 * @param onLost called once, when the namespace is gone
 * @returns a function that ends it, and takes the sign away where `leave` says so
 */
export function beat(
  connection: Connection,
  namespace: string,
  onLost: (error: HarnessError) => void,
): (leave: boolean) => Promise<void> {
  const timer = setInterval(() => {
    annotate(connection, namespace, { beat: newBeat() }).catch((error: unknown) => {
      // What else goes wrong with it shows soon enough where it matters.
      if (!hasStatus(error, 404)) return;
      clearInterval(timer);
      onLost(new SetupError(`the namespace ${namespace} was deleted by somebody`));
    });
  }, BEAT_MS).unref();
  return async (leave) => {
    clearInterval(timer);
    if (leave) await annotate(connection, namespace, { beat: null });
  };
}
