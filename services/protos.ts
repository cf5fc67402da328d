import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MethodDefinition } from '@grpc/grpc-js';
import {
  loadSync,
  type MessageTypeDefinition,
  type PackageDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';

const CONTROL = 'meshproof.control.v1';

/** The proto folder: PROTO_DIR, or `proto` beside the program (the bundle), or beside its folder (the sources). */
function protoFolder(): string {
  const home = dirname(process.argv[1] ?? '');
  const candidates = [process.env.PROTO_DIR, join(home, 'proto'), join(home, '../proto')];
  const found = candidates.find((folder) => folder !== undefined && existsSync(join(folder, 'mypackage')));
  if (found === undefined)
    throw new Error(`no folder with the .proto files; looked in ${candidates.join(', ')}`);
  return found;
}

/** Everything under proto/, loaded once. */
export class Protos {
  /** For reflection. */
  readonly definition: PackageDefinition;

  constructor(folder = protoFolder()) {
    this.definition = loadSync(
      [
        'mypackage/greeter.proto',
        'mypackage/user_service.proto',
        'mypackage/user_service_v2.proto',
        'mypackage/order_service.proto',
        'mypackage/streaming_service.proto',
        'meshproof/control/v1/control.proto',
        'grpc/health/v1/health.proto',
      ],
      { includeDirs: [folder], keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true },
    );
  }

  /** @throws Error if there is no service of that full name */
  service(fullName: string): ServiceDefinition {
    const found = this.definition[fullName];
    if (found === undefined || 'format' in found)
      throw new Error(`no service ${fullName} in the .proto files`);
    return found;
  }

  /** A message of the control contract, by its short name, with the type its shape has in contract.ts. */
  control<In extends object, Out extends object = In>(name: string): MessageTypeDefinition<In, Out> {
    const found = this.definition[`${CONTROL}.${name}`];
    if (found === undefined || !('serialize' in found))
      throw new Error(`no message ${name} in the control contract`);
    return found as unknown as MessageTypeDefinition<In, Out>;
  }

  /** A method of the Collector, with the types its messages have in contract.ts. */
  collector<In extends object, Out extends object>(name: string): MethodDefinition<In, Out> {
    const found = this.service(`${CONTROL}.Collector`)[name];
    if (found === undefined) throw new Error(`the Collector has no method ${name}`);
    return found as unknown as MethodDefinition<In, Out>;
  }
}
