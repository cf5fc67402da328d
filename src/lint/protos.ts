import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { UsageError } from '../errors.ts';

/** A method of a gRPC service, as its .proto file declares it. */
export interface ProtoMethod {
  /** As it stands in a request: `/package.Service/Method`. */
  readonly path: string;
  readonly streams: boolean;
}

/**
 * The methods that .proto files declare. Imports are not followed: which methods stream is written in the service
 * itself, so that no import path is needed.
 *
 * @param paths files, or folders that are searched for `*.proto`
 * @throws UsageError for a path that cannot be read, that is no proto, or that has no service
 */
export async function readProtos(paths: readonly string[]): Promise<ProtoMethod[]> {
  const files = (await Promise.all(paths.map(protoFiles))).flat();
  const methods = (await Promise.all(files.map(readProto))).flat();
  if (methods.length === 0) {
    throw new UsageError(`no gRPC service is declared in ${paths.join(', ')}`, {
      hint: 'Give .proto files, or a folder with them, that declare at least one service.',
    });
  }
  return methods;
}

async function protoFiles(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { recursive: true });
    return entries
      .filter((entry) => entry.endsWith('.proto'))
      .sort()
      .map((entry) => join(path, entry));
  } catch (cause) {
    throw new UsageError(`the proto ${path} cannot be read`, { cause });
  }
}

async function readProto(file: string): Promise<ProtoMethod[]> {
  try {
    return methodsBelow(protobuf.parse(await readFile(file, 'utf8'), { keepCase: true }).root);
  } catch (cause) {
    throw new UsageError(`the proto ${file} cannot be read`, { cause });
  }
}

function methodsBelow(space: protobuf.NamespaceBase): ProtoMethod[] {
  return space.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Service) {
      const service = nested.fullName.replace(/^\./, '');
      return nested.methodsArray.map(({ name, requestStream, responseStream }) => ({
        path: `/${service}/${name}`,
        streams: (requestStream ?? false) || (responseStream ?? false),
      }));
    }
    return nested instanceof protobuf.Namespace ? methodsBelow(nested) : [];
  });
}
