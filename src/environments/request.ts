import { z } from 'zod';
import { UsageError } from '../errors.ts';

/** What a user may ask of a mesh that is to be made, as the report keeps it. Whatever is left out is the default. */
export const meshRequestSchema = z.object({
  images: z.enum(['auto', 'released', 'built']).describe('Where images may come from.'),
  istioVersion: z.string().exactOptional(),
  envoyVersion: z.string().exactOptional(),
  profile: z.string().exactOptional().describe("Istio's installation profile; default when left out."),
  hub: z.string().exactOptional().describe("Where Istio's images are: registry and path."),
  tag: z.string().exactOptional().describe("The tag of Istio's images."),
  set: z.array(z.string()).exactOptional().describe('Further --set arguments of istioctl install.'),
});

export type MeshRequest = z.infer<typeof meshRequestSchema>;

/** Docker's grammar of a tag, and of a repository's name with or without a registry before it. */
const TAG = /^\w[\w.-]{0,127}$/;
const HUB = /^[a-z0-9]+(?:(?:[._-]+|[:/])[a-z0-9]+)*$/i;

/** Settings that decide which images are needed, and so must be known before any is fetched. */
const DECIDING = ['hub', 'tag', 'values.global.hub', 'values.global.tag'];

/**
 * Takes what is asked of a mesh out of a command's options.
 *
 * @param options `reuse` for a mesh that is up already, of which nothing can be asked any more
 * @throws UsageError when the options contradict each other
 */
export function meshRequestOf(options: MeshRequest & { readonly reuse?: boolean }): MeshRequest {
  const request = meshRequestSchema.parse(options);
  const { profile, hub, tag, set = [] } = request;
  if (hub !== undefined && !HUB.test(hub))
    throw new UsageError(`--hub ${JSON.stringify(hub)} is no registry with a path`, {
      hint: 'Write it as image names begin: docker.io/istio, or registry.example.com:5000/istio.',
    });
  if (tag !== undefined && !TAG.test(tag))
    throw new UsageError(`--tag ${JSON.stringify(tag)} is no tag of an image`, {
      hint: 'Write it as image names end: 1.31.1, or 1.31.1-distroless.',
    });
  if (profile === '') throw new UsageError('--profile needs a name', { hint: 'Such as default or demo.' });
  for (const assignment of set) checkAssignment(assignment, profile);
  if (options.reuse === true) refuseForRunningMesh(request);
  return request;
}

function checkAssignment(assignment: string, profile: string | undefined): void {
  const [path = ''] = assignment.split('=');
  if (path === '' || !assignment.includes('='))
    throw new UsageError(`--set ${JSON.stringify(assignment)} assigns nothing`, {
      hint: 'Write it as path=value, such as meshConfig.enableTracing=true.',
    });
  if (path === 'profile' && profile !== undefined)
    throw new UsageError(`--profile ${profile} and --set ${assignment} contradict each other`, {
      hint: 'Give one of them.',
    });
  if (DECIDING.includes(path))
    throw new UsageError(`--set ${assignment} would name images that are not there`, {
      hint: `Use --${path.split('.').at(-1) ?? path}, so that they are fetched first.`,
    });
}

function refuseForRunningMesh(request: MeshRequest): void {
  const flags = {
    istioVersion: '--istio-version',
    envoyVersion: '--envoy-version',
    profile: '--profile',
    hub: '--hub',
    tag: '--tag',
    set: '--set',
  } as const satisfies Partial<Record<keyof MeshRequest, string>>;
  const given = (Object.keys(flags) as (keyof typeof flags)[]).find((field) => request[field] !== undefined);
  if (given !== undefined)
    throw new UsageError(`${flags[given]} cannot go with --reuse: the mesh is up already`, {
      hint: 'Leave it out, or start another mesh with it.',
    });
}
