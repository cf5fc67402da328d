import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SetupError } from '../../src/errors.ts';
import { bundleServices, servicesImage, type ServicesSource } from '../../src/toolchain/services-image.ts';
import { temporaryFolder } from './workplace.ts';

const PACKAGES = join(import.meta.dirname, '../../node_modules');

async function sample(text: string): Promise<ServicesSource> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'proto', 'deep'), { recursive: true });
  await writeFile(join(folder, 'proto', 'deep', 'a.proto'), 'syntax = "proto3";');
  await writeFile(join(folder, 'main.ts'), text);
  await symlink(PACKAGES, join(folder, 'node_modules'));
  return {
    entry: join(folder, 'main.ts'),
    protos: join(folder, 'proto'),
    packages: PACKAGES,
    node: process.execPath,
  };
}

describe('the services bundle', () => {
  test('carries the .proto files that its packages read beside their code', async () => {
    const source = await sample(
      `import { HealthImplementation } from 'grpc-health-check';
       import { ReflectionService } from '@grpc/reflection';
       const role: string = process.argv[2] ?? '';
       process.stdout.write(String([HealthImplementation, ReflectionService, role].length));`,
    );
    const { files } = await bundleServices(source);
    const paths = files.map(({ path }) => path);
    expect(paths).toContain('app/services.js');
    expect(paths).toContain('app/services.js.map');
    expect(paths).toContain('app/proto/deep/a.proto');
    expect(paths).toContain('app/packages/grpc-health-check/proto/health/v1/health.proto');
    expect(paths).toContain('app/packages/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto');
    const code = files.find(({ path }) => path === 'app/services.js')?.content as Buffer;
    expect(code.toString()).not.toContain(PACKAGES);
  });

  test('has another name whenever a service or a contract changes, and only then', async () => {
    const refOf = async (source: ServicesSource): Promise<string> =>
      servicesImage(await bundleServices(source), []).ref;
    const source = await sample('process.stdout.write("1");');
    const ref = await refOf(source);
    expect(await refOf(source)).toBe(ref);
    await writeFile(join(source.protos, 'deep', 'a.proto'), 'syntax = "proto3"; message A {}');
    const second = await refOf(source);
    expect(second).not.toBe(ref);
    await writeFile(source.entry, 'process.stdout.write("2");');
    expect(await refOf(source)).not.toBe(second);
  });

  test('that cannot be made says where', async () => {
    const error: unknown = await bundleServices(await sample('import "./missing.ts";')).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(SetupError);
    expect((error as SetupError).message).toMatch(/main\.ts:1:7.*missing\.ts/s);
  });
});
