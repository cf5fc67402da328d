import type { Activity } from '../../progress.ts';
import { markerGateway } from '../convergence.ts';
import { render } from '../../kubernetes/manifests.ts';
import { place } from '../placement.ts';
import type { PreparedEnvironment } from '../options.ts';
import { sampleServices } from '../samples.ts';
import { namespaceObject } from './claim.ts';
import { renderIstio } from './install.ts';
import { placementFor, start } from './start.ts';
import { type ClusterRequest, besideGateway, survey } from './survey.ts';

/**
 * Looks at the cluster, and refuses it if anything is not as it must be. Nothing is applied by then.
 *
 * @throws HarnessError that says what is not in order
 */
export async function prepareCluster(request: ClusterRequest): Promise<PreparedEnvironment> {
  const found = await looking(request, (activity) => survey(request, activity));
  const placement = placementFor(found, request);
  return {
    bin: found.tools.bin,
    servicesImage: found.servicesImage,
    start: () => start(request, found),
    preview: {
      placement,
      objects: async () => [
        namespaceObject(placement.samples),
        ...('facts' in found.istio
          ? besideGateway(placement, found.istio.facts)
          : await renderIstio(found.istio, request.signal)),
        markerGateway(placement),
        ...place(await render(sampleServices(found.servicesImage)), placement),
      ],
    },
  };
}

async function looking<T>(
  { progress }: ClusterRequest,
  work: (activity: Activity) => Promise<T>,
): Promise<T> {
  const activity = progress.begin('Looking at the cluster');
  try {
    const value = await work(activity);
    activity.done();
    return value;
  } catch (error) {
    activity.failed('it cannot be used');
    throw error;
  }
}
