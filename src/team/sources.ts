import { access, readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { type Document, LineCounter, isNode, parseAllDocuments } from 'yaml';
import { UsageError } from '../errors.ts';
import { nameOf } from '../kubernetes/apply.ts';
import { inNamespace, render } from '../kubernetes/manifests.ts';
import { withKubectl } from './kubectl.ts';

/** An object of the team's, and where it is written. */
export interface Located {
  readonly object: KubernetesObject;
  /** As its file has it, where `object` is another for the mesh that it is proven on. */
  readonly written?: KubernetesObject;
  /** Relative to the configuration's folder. */
  readonly file: string;
  /** Number of the line at which a part of it stands; of the nearest enclosing one that does. */
  lineOf(path: readonly (string | number)[]): number;
}

const KUSTOMIZATION = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const isYaml = (name: string): boolean => /\.ya?ml$/.test(name) && !KUSTOMIZATION.includes(name);

/**
 * Reads files, folders of files, and kustomizations.
 *
 * @param root folder that the paths are relative to
 * @param namespace of objects that name none
 * @throws UsageError with the file, and the line of a syntax error
 */
export async function readSources(
  root: string,
  paths: readonly string[],
  namespace: string,
): Promise<Located[]> {
  const found: Located[] = [];
  for (const path of paths) found.push(...(await readSource(root, resolve(root, path), path)));
  const placed = found.map((each) => ({ ...each, object: inNamespace(each.object, namespace) }));
  const seen = new Map<string, Located>();
  for (const each of placed) {
    const key = `${each.object.kind ?? ''} ${nameOf(each.object)}`;
    const other = seen.get(key);
    if (other !== undefined) {
      throw new UsageError(`${nameOf(each.object)} is there twice: ${placeOf(other)} and ${placeOf(each)}`, {
        hint: 'The second would replace the first. Name each file or folder once.',
      });
    }
    seen.set(key, each);
  }
  return placed;
}

/** `deploy/routes.yaml:14`, of the object or of a part of it. */
export const placeOf = (located: Located, path: readonly (string | number)[] = []): string =>
  `${located.file}:${located.lineOf(path)}`;

/** `VirtualService shop/api`, as its file has it. */
export const shownName = ({ object, written }: Located): string => nameOf(written ?? object);

async function readSource(root: string, path: string, named: string): Promise<Located[]> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) {
    throw new UsageError(`the manifests ${named} are not there`, {
      hint: `Looked for ${relative(process.cwd(), path) || path}; paths are relative to the configuration's own folder.`,
    });
  }
  if (facts.isFile()) return readYaml(root, path);
  const kustomization = await findKustomization(path);
  if (kustomization !== undefined) return readKustomization(root, path, kustomization);
  const files = (await readdir(path, { recursive: true })).filter((name) => isYaml(name)).toSorted();
  if (files.length === 0) throw new UsageError(`the folder ${named} holds no YAML`);
  return (await Promise.all(files.map((name) => readYaml(root, join(path, name))))).flat();
}

async function findKustomization(folder: string): Promise<string | undefined> {
  for (const name of KUSTOMIZATION) {
    const file = join(folder, name);
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  return undefined;
}

/** kustomize says what the objects are; where they come from is looked up in the files it was given. */
async function readKustomization(root: string, folder: string, file: string): Promise<Located[]> {
  await withKubectl();
  const rendered = await render({ resources: [folder], namespace: '' });
  const raw = await rawObjects(root, folder, file, new Set());
  return rendered.map((object): Located => {
    const { namespace, ...metadata } = object.metadata ?? {};
    const plain = namespace === '' ? { ...object, metadata } : object;
    const origin = raw.find(
      (each) => each.object.kind === object.kind && each.object.metadata?.name === metadata.name,
    );
    return origin === undefined
      ? { object: plain, file: relative(root, file), lineOf: () => 1 }
      : { ...origin, object: plain };
  });
}

async function rawObjects(root: string, folder: string, file: string, seen: Set<string>): Promise<Located[]> {
  if (seen.has(file)) return [];
  seen.add(file);
  const [document] = parseAllDocuments(await readFile(file, 'utf8'));
  const named = (document?.toJS() ?? {}) as Readonly<Record<string, unknown>>;
  const entries = ['resources', 'bases', 'components'].flatMap((key) => named[key] ?? []) as unknown[];
  const found: Located[] = [];
  for (const entry of entries.filter((each) => typeof each === 'string')) {
    const path = resolve(folder, entry);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile() === true) found.push(...(await readYaml(root, path)));
    const inner = facts?.isDirectory() === true ? await findKustomization(path) : undefined;
    if (inner !== undefined) found.push(...(await rawObjects(root, dirname(inner), inner, seen)));
  }
  return found;
}

async function readYaml(root: string, path: string): Promise<Located[]> {
  const lines = new LineCounter();
  const file = relative(root, path);
  const text = await readFile(path, 'utf8');
  return parseAllDocuments(text, { lineCounter: lines }).flatMap((document): Located[] => {
    const problem = document.errors[0];
    if (problem) {
      // What follows is the place, which is named already, and a drawing of it.
      const [said = ''] = problem.message.split(/ at line \d/);
      throw new UsageError(`${file}:${lines.linePos(problem.pos[0]).line} is not valid YAML: ${said}`);
    }
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    const lineOf = (at: readonly (string | number)[]) => lineIn(document, lines, at);
    if (!isObject(value)) {
      throw new UsageError(`${file}:${lineOf([])} holds something that is no Kubernetes object`, {
        hint: 'Every document needs apiVersion, kind and metadata.name.',
      });
    }
    return [{ object: value, file, lineOf }];
  });
}

const isObject = (value: unknown): value is KubernetesObject => {
  const object = value as Partial<Record<keyof KubernetesObject, unknown>> | null;
  const name = (object?.metadata as { name?: unknown } | undefined)?.name;
  return (
    typeof object?.kind === 'string' && typeof object.apiVersion === 'string' && typeof name === 'string'
  );
};

function lineIn(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
