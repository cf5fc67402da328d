import { asDisagreed, at, nameOf } from '../naming.ts';
import { fieldOf } from '../routing-table.ts';
import type { Rule } from '../rule.ts';

/** Of many RPCs too many, or too few, went to one of a route's destinations. */
export const weights: Rule = (scene) => {
  const { route } = scene;
  const about = scene.disagreement(/^RPCs answered by/);
  if (about === undefined || route === undefined || route.route.route.length < 2) return;
  const shares = route.route.route
    .map(({ destination, weight }) => `${destination.subset ?? destination.host}: ${weight ?? 'no weight'}`)
    .join(', ');
  return {
    cause: 'weights-otherwise',
    confidence: 'certain',
    summary: `${nameOf(route.virtualService)} ${fieldOf(route)} shares RPCs out by ${shares}.`,
    change: at(route.virtualService, fieldOf(route, 'route'), shares),
    because: [asDisagreed(about)],
  };
};

/** Of one RPC the services had more, or others, than answered it. */
export const mirrored: Rule = (scene) => {
  const { route } = scene;
  // Several services are only wanted of one RPC where it is mirrored.
  const about = scene.evidence.disagreements.find(
    ({ what, expected }) => what === 'services' || (what === 'attempts' && /^\d+ \(.+, .+\)$/.test(expected)),
  );
  if (about === undefined || route === undefined) return;
  const { mirror, mirrors } = route.route;
  const hosts = [mirror?.host, ...mirrors.map(({ destination }) => destination.host)].filter(
    (host) => host !== undefined,
  );
  return {
    cause: 'mirrored-otherwise',
    confidence: 'certain',
    summary: `${nameOf(route.virtualService)} ${fieldOf(route)} mirrors to ${hosts.join(', ') || 'nobody'}.`,
    change: at(route.virtualService, fieldOf(route, 'mirrors'), hosts.join(', ') || undefined),
    because: [asDisagreed(about)],
  };
};
