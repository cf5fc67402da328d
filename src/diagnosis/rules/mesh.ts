import { hostOf } from '../../clients/target.ts';
import { asDisagreed, at, nameOf } from '../naming.ts';
import type { RouteEntry } from '../routing-table.ts';
import { fieldOf } from '../routing-table.ts';
import type { Rule } from '../rule.ts';
import { covers } from '../labels.ts';
import type { Scene } from '../scene.ts';

/** Of a client in the mesh: another Deployment's pods answered than those that were meant. */
export const destinations: Rule = (scene) => {
  const { route, call } = scene;
  const about = scene.disagreement(/^(served by|service( of attempt \d+)?)( \(|$)/);
  if (call?.request.inMesh === undefined || route === undefined || about === undefined) return;
  // Where nobody answered there is no wrong destination.
  if (about.got === 'nothing') return;
  if (leadsTo(scene, route, about.expected)) return;
  const because = [asDisagreed(about)];
  const meant = scene.entries.find((each) => leadsTo(scene, each, about.expected));
  if (meant !== undefined) {
    return {
      cause: 'route-matches-otherwise',
      confidence: 'certain',
      summary: `${nameOf(meant.virtualService)} ${fieldOf(meant)} leads to ${about.expected}, and does not match this RPC; ${fieldOf(route)} takes it.`,
      change: at(meant.virtualService, `${fieldOf(meant)}.match`, meant.route.match),
      because,
    };
  }
  if (!scene.deployments.some(({ name }) => name === about.expected)) return;
  const [first] = route.route.route;
  return {
    cause: 'wrong-destination',
    confidence: 'certain',
    summary: `No route of ${nameOf(route.virtualService)} leads to ${about.expected}.`,
    change: at(route.virtualService, `${fieldOf(route)}.route[0].destination`, first?.destination),
    because,
  };
};

/** Whether a route's first destination has a Deployment's pods in it, by the Service's selector and the subset's labels. */
function leadsTo(scene: Scene, { route }: RouteEntry, name: string): boolean {
  const deployment = scene.deployments.find((each) => each.name === name);
  const destination = route.route[0]?.destination;
  if (deployment === undefined || destination === undefined) return false;
  const isCalled = (host: string) => host.split('.')[0] === destination.host.split('.')[0];
  const { labels } = deployment.spec.template.metadata;
  const service = scene.services.find((each) => isCalled(each.name));
  const subset = scene.destinationRules
    .find(({ spec }) => isCalled(spec.host))
    ?.spec.subsets.find((each) => each.name === destination.subset);
  return (
    service !== undefined &&
    covers(service.spec.selector, labels) &&
    (destination.subset === undefined || (subset !== undefined && covers(subset.labels, labels)))
  );
}

/** The client's library, or the proxy beside it, knows the service and none of its endpoints. */
export const noEndpoint: Rule = (scene) => {
  if (scene.call?.request.inMesh === undefined) return;
  if (!/empty priority list|no healthy upstream|no endpoints/i.test(scene.complaint)) return;
  const called = scene.calledService ?? 'the service';
  const service = scene.services.find(({ name }) => name === called);
  return {
    cause: 'no-healthy-upstream',
    confidence: 'certain',
    summary: `${called} has no endpoint that is ready.`,
    ...(service && { change: at(service, 'spec.selector', service.spec.selector) }),
    because: [scene.complaint],
  };
};

/** What is dialled is found; the authority is another name, for which nobody has routes. */
export const otherAuthority: Rule = (scene) => {
  const { call } = scene;
  const dialled = call?.request.inMesh?.dialled;
  const authority = hostOf(call?.request.authority ?? '');
  if (dialled === undefined || authority === dialled) return;
  if (scene.services.some(({ name }) => name === authority.split('.')[0])) return;
  if (!/name resolution|no route|not found/i.test(scene.complaint)) return;
  return {
    cause: 'authority-of-no-host',
    confidence: 'likely',
    summary: `The client dials ${dialled} and asks for the authority ${authority}, which is no name of the mesh.`,
    because: [scene.complaint],
  };
};
