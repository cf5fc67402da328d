import { groupOf } from '../configuration.ts';
import { ISTIO_API, groupMeant } from '../istio/api.ts';
import type { Problem, Rule } from '../rule.ts';

export const apiGroup: Rule = {
  id: 'api-group',
  title: 'The API group or version is not one that Istio serves',
  severity: 'error',
  why: 'The API server does not know such a kind: the object is refused ("no matches for kind"), and whatever it should route, secure or limit stays as it was.',
  fix: 'Give the group and a version that Istio serves for this kind.',
  links: ['https://istio.io/latest/docs/reference/config/networking/'],
  *check({ objects }): Iterable<Problem> {
    for (const object of objects) {
      const kind = object.at('kind').text ?? '';
      const apiVersion = object.at('apiVersion');
      const group = groupOf(object);
      const right = groupMeant(group, kind);
      const version = apiVersion.text?.split('/')[1] ?? '';
      if (right === undefined || apiVersion.text === undefined) continue;
      const served = ISTIO_API[right]?.[kind] ?? [];
      const fix = `Write ${right}/${served[0] ?? ''}.`;
      if (group !== right) {
        yield { at: apiVersion, message: `${kind} is not in the API group ${group} but in ${right}.`, fix };
      } else if (!served.includes(version)) {
        yield {
          at: apiVersion,
          message: `${kind} has no version ${version}; Istio serves ${served.join(', ')}.`,
          fix,
        };
      }
    }
  },
};
