import { isServicePath } from '../istio/grpc-signs.ts';
import { allHttpRoutes } from '../istio/virtual-service.ts';
import type { Problem, Rule } from '../rule.ts';

export const servicePrefix: Rule = {
  id: 'service-prefix',
  title: 'A path prefix also catches the neighbour',
  severity: 'warning',
  why: 'A prefix is compared as text. Without the closing slash /package.UserService also takes /package.UserServiceV2/..., whose RPCs then reach a server that answers 12 UNIMPLEMENTED.',
  fix: 'Close the prefix with a slash.',
  links: ['https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch'],
  *check(configuration): Iterable<Problem> {
    const methods = configuration.surroundings.methods ?? [];
    for (const match of allHttpRoutes(configuration).flatMap((route) => route.at('match').items)) {
      const prefix = match.at('uri', 'prefix');
      // With a method in it there may be no end: it is `/package.Service` alone that is a whole name.
      if (prefix.text === undefined || !isServicePath(prefix.text) || prefix.text.indexOf('/', 1) > 0)
        continue;
      const caught = methods
        .map(({ path }) => path.slice(0, path.indexOf('/', 1)))
        .find((service) => service.startsWith(prefix.text ?? '') && service !== prefix.text);
      yield {
        at: prefix,
        message:
          caught === undefined
            ? `${prefix.text} also takes ${prefix.text}V2, and whatever else begins so.`
            : `${prefix.text} also takes ${caught}.`,
        fix: `Write ${prefix.text}/.`,
      };
    }
  },
};
