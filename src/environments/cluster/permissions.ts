import { AuthorizationV1Api, type V1ResourceAttributes } from '@kubernetes/client-node';
import { SetupError } from '../../errors.ts';
import { CONFIGURATION_KINDS } from '../ours.ts';
import type { Connection } from './connect.ts';

const CHANGE = ['get', 'list', 'create', 'patch', 'delete'];

interface Need {
  readonly verbs: readonly string[];
  /** As kubectl writes it: `deployments.apps`, `pods/log`. */
  readonly resource: string;
  /** The whole cluster by default. */
  readonly namespace?: string;
}

/** Every namespace the harness works in, as far as they are known before it does. */
interface Places {
  readonly samples: string;
  readonly gateway: string;
  readonly control: string;
}

function needsOf({ samples, gateway, control }: Places): Need[] {
  const inside = (namespace: string): Need[] => [
    { verbs: ['get', 'list'], resource: 'pods', namespace },
    { verbs: ['get'], resource: 'pods/log', namespace },
    // By the verb of its request a tunnel is a read; newer API servers ask for the other too.
    { verbs: ['get', 'create'], resource: 'pods/portforward', namespace },
  ];
  return [
    { verbs: CHANGE, resource: 'namespaces' },
    { verbs: ['list'], resource: 'pods' },
    ...CONFIGURATION_KINDS.map((resource) => ({ verbs: CHANGE, resource, namespace: samples })),
    ...[...new Set([samples, gateway, control])].flatMap(inside),
    { verbs: ['list'], resource: 'services', namespace: gateway },
    ...[...new Set([gateway, control])].flatMap((namespace): Need[] => [
      { verbs: CHANGE, resource: 'secrets', namespace },
      { verbs: CHANGE, resource: 'envoyfilters.networking.istio.io', namespace },
    ]),
  ];
}

/** Whoever installs Istio makes roles and webhooks, and what may do that may do everything. */
const EVERYTHING: Need = { verbs: ['*'], resource: '*.*' };

/**
 * Makes sure that nothing will fail half-way for want of permission, by asking the API server about each thing.
 *
 * @param all ask for everything, as installing Istio needs it
 * @throws SetupError that lists what is missing
 */
export async function refuseWithoutPermission(
  { cluster, title }: Connection,
  places: Places,
  all: boolean,
): Promise<void> {
  const api = cluster.config.makeApiClient(AuthorizationV1Api);
  const allowed = async (attributes: V1ResourceAttributes): Promise<boolean> => {
    const { status } = await api.createSelfSubjectAccessReview({
      body: { spec: { resourceAttributes: attributes } },
    });
    return status?.allowed === true;
  };
  const missingOf = async ({ verbs, resource, namespace }: Need): Promise<string[]> => {
    const answers = await Promise.all(
      verbs.map((verb) =>
        allowed({ verb, ...attributesOf(resource), ...(namespace === undefined ? {} : { namespace }) }),
      ),
    );
    const missing = verbs.filter((_, index) => answers[index] === false);
    const where = namespace === undefined ? 'in the cluster' : `in ${namespace}`;
    return missing.length === 0 ? [] : [`${missing.join(', ')} ${resource} ${where}`];
  };
  if ((await missingOf(EVERYTHING)).length === 0) return;
  const missing = all ? ['everything (*.*)'] : (await Promise.all(needsOf(places).map(missingOf))).flat();
  if (missing.length === 0) return;
  const user = cluster.config.getCurrentUser()?.name ?? 'this user';
  throw new SetupError(
    `in ${title}, "${user}" may not:\n${missing.map((each) => `    ${each}`).join('\n')}`,
    { hint: 'Nothing was applied. Give the user a role with these rules, or use another --context.' },
  );
}

function attributesOf(text: string): Pick<V1ResourceAttributes, 'group' | 'resource' | 'subresource'> {
  const [name = '', subresource] = text.split('/');
  const [resource = '', ...group] = name.split('.');
  return { resource, group: group.join('.'), ...(subresource === undefined ? {} : { subresource }) };
}
