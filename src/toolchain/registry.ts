import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { z } from 'zod';
import { SetupError, messageOf } from '../errors.ts';
import { TIMEOUTS } from '../timeouts.ts';
import { Digest } from './digest.ts';
import { ociArchitecture } from './image.ts';

/** A released image by name. The digest, where there is one, is that of the release. */
export interface ReleasedImage {
  /** Host of the registry that it is released to. */
  readonly host: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest?: string;
}

const DOCKER_HUB = 'docker.io';
/** Docker Hub's API answers under another name than its images carry. */
const DOCKER_HUB_API = 'registry-1.docker.io';

const descriptorSchema = z.object({ mediaType: z.string().optional(), digest: z.string(), size: z.number() });
const indexSchema = z.object({
  manifests: z.array(
    descriptorSchema.extend({ platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});
const manifestSchema = z.object({ config: descriptorSchema, layers: z.array(descriptorSchema) });

export type Descriptor = z.infer<typeof descriptorSchema>;

/** The manifest of an image for this machine's processor. */
export interface ReleasedManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** The name that container tools know an image by. */
export function nameOf(image: ReleasedImage): string {
  return `${image.host}/${image.repository}:${image.tag}`;
}

/** An image under a hub, as Istio calls a registry with a path; without a registry it is Docker Hub's. */
export function imageUnder(hub: string, name: string, tag: string): ReleasedImage {
  const [first = '', ...path] = hub.split('/');
  const named = /[.:]|^localhost$/.test(first);
  return named
    ? { host: first, repository: [...path, name].join('/'), tag }
    : { host: DOCKER_HUB, repository: `${hub}/${name}`, tag };
}

/**
 * Reads images from the registries that they are released to, or all of them from one registry in their place,
 * such as a mirror: `MESHPROOF_REGISTRY`, host and port with or without a scheme. Credentials are not used.
 */
export class RegistryClient {
  /** The registry that stands for all others; empty where each image comes from its own. */
  readonly inPlace: string;
  readonly #tokens = new Map<string, string>();
  readonly #dispatcher = new EnvHttpProxyAgent();

  constructor(inPlace: string = process.env.MESHPROOF_REGISTRY ?? '') {
    this.inPlace = inPlace;
  }

  /** Whether image registries can be reached at all, decided within `TIMEOUTS.registryProbe`. */
  async answers(signal: AbortSignal): Promise<boolean> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUTS.registryProbe)]);
    try {
      const response = await this.#fetch(`${this.#base(DOCKER_HUB)}/v2/`, {}, limited);
      await response.body?.cancel();
      return response.ok || response.status === 401;
    } catch {
      signal.throwIfAborted();
      return false;
    }
  }

  /**
   * The manifest of an image, for this machine's processor.
   *
   * @throws SetupError when the registry does not answer, does not have it, or gives another one than the digest names
   */
  async manifest(image: ReleasedImage, signal: AbortSignal): Promise<ReleasedManifest> {
    // Another registry has content of its own; what stands there is its owner's business.
    const pinned = this.inPlace === '' ? image.digest : undefined;
    const top = await this.#manifestBytes(image, pinned ?? image.tag, signal);
    if (pinned !== undefined && top.digest !== pinned)
      throw new SetupError(`${nameOf(image)} is not the pinned image: ${top.digest} instead of ${pinned}`);
    const index = indexSchema.safeParse(top.json);
    if (!index.success) return { ...top, ...manifestSchema.parse(top.json) };
    const architecture = ociArchitecture();
    const own = index.data.manifests.find(
      ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
    );
    if (!own) throw new SetupError(`${nameOf(image)} is not released for linux/${architecture}`);
    const chosen = await this.#manifestBytes(image, own.digest, signal);
    return { ...chosen, ...manifestSchema.parse(chosen.json) };
  }

  /** Writes one blob of an image to a file, verified by its digest. */
  async download(image: ReleasedImage, blob: Descriptor, file: string, signal: AbortSignal): Promise<void> {
    const response = await this.#get(image, `blobs/${blob.digest}`, {}, signal);
    if (!response.body)
      throw new SetupError(`${nameOf(image)}: the registry sent no content for ${blob.digest}`);
    const passing = new Digest();
    await pipeline(Readable.fromWeb(response.body), passing.step, createWriteStream(file), { signal });
    const digest = `sha256:${passing.sha256()}`;
    if (digest !== blob.digest)
      throw new SetupError(`${nameOf(image)}: a blob arrived damaged (${digest} instead of ${blob.digest})`, {
        hint: 'Run again; what is done is kept.',
      });
  }

  async #manifestBytes(
    image: ReleasedImage,
    reference: string,
    signal: AbortSignal,
  ): Promise<{ digest: string; mediaType: string; bytes: Buffer; json: unknown }> {
    const response = await this.#get(image, `manifests/${reference}`, { accept: MANIFEST_TYPES }, signal);
    const bytes = Buffer.from(await response.arrayBuffer());
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (reference.startsWith('sha256:') && digest !== reference)
      throw new SetupError(
        `${nameOf(image)}: the manifest arrived damaged (${digest} instead of ${reference})`,
      );
    const json: unknown = JSON.parse(bytes.toString());
    const stated = z.object({ mediaType: z.string() }).safeParse(json);
    const mediaType = stated.data?.mediaType ?? response.headers.get('content-type') ?? '';
    return { digest, mediaType, bytes, json };
  }

  async #get(
    image: ReleasedImage,
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    const url = `${this.#base(image.host)}/v2/${image.repository}/${path}`;
    const scope = `${image.host}/${image.repository}`;
    let response = await this.#fetch(url, this.#authorized(scope, headers), signal);
    if (response.status === 401 && !this.#tokens.has(scope)) {
      await response.body?.cancel();
      this.#tokens.set(scope, await this.#anonymousToken(response, image, signal));
      response = await this.#fetch(url, this.#authorized(scope, headers), signal);
    }
    if (response.ok) return response;
    const text = (await response.text()).slice(0, 300);
    throw new SetupError(`${nameOf(image)}: the registry answered ${response.status} to ${path}: ${text}`, {
      hint:
        response.status === 429
          ? 'The registry limits anonymous pulls: wait, set MESHPROOF_REGISTRY to a mirror, or use --images built.'
          : 'Check the version that was asked for, or use --images built.',
    });
  }

  #authorized(scope: string, headers: Readonly<Record<string, string>>): Record<string, string> {
    const token = this.#tokens.get(scope);
    return token === undefined ? { ...headers } : { ...headers, authorization: `Bearer ${token}` };
  }

  /** Registries give a token to anybody who asks at the place that their refusal names. */
  async #anonymousToken(refusal: Response, image: ReleasedImage, signal: AbortSignal): Promise<string> {
    const challenge = refusal.headers.get('www-authenticate') ?? '';
    const fields = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const { realm, service, scope } = fields;
    if (realm === undefined) throw new SetupError(`${nameOf(image)}: the registry wants credentials`);
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', scope ?? `repository:${image.repository}:pull`);
    const response = await this.#fetch(url.href, {}, signal);
    const answer = z.object({ token: z.string().optional(), access_token: z.string().optional() });
    const parsed = answer.safeParse(response.ok ? await response.json() : {});
    return parsed.data?.token ?? parsed.data?.access_token ?? '';
  }

  async #fetch(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    try {
      return await fetch(url, { headers, signal, dispatcher: this.#dispatcher });
    } catch (error) {
      signal.throwIfAborted();
      throw new SetupError(`the registry at ${new URL(url).host} does not answer: ${messageOf(error)}`, {
        hint: 'Check the network and HTTPS_PROXY, set MESHPROOF_REGISTRY to a mirror, or use --images built.',
        cause: error,
      });
    }
  }

  #base(host: string): string {
    if (this.inPlace === '') return `https://${host === DOCKER_HUB ? DOCKER_HUB_API : host}`;
    if (this.inPlace.includes('://')) return this.inPlace.replace(/\/$/, '');
    const loopback = /^(127\.|localhost(:|$)|\[::1\])/.test(this.inPlace);
    return `${loopback ? 'http' : 'https'}://${this.inPlace}`;
  }
}
