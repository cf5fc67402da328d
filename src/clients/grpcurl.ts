import { execa } from 'execa';
import { SetupError } from '../errors.ts';
import { callMetadata, userAgent, type CallIds } from './call-metadata.ts';
import { statusName } from './grpc-status.ts';
import type { GrpcurlInvocation } from './invocation.ts';
import { PROTO_FOLDER } from './protos.ts';
import type { ReceivedMessage, ReceivedStatus, RpcRecord } from './record.ts';
import {
  IN_CONTAINER,
  clientPairOf,
  containersOf,
  type CommandResult,
  type Listeners,
  type Target,
} from './target.ts';

/** grpcurl ends with 64 plus the gRPC status when the RPC was made and failed. */
const EXIT_BASE = 64;

/**
 * Runs the real grpcurl, from the PATH or in a container, with the arguments as a user would type them. Added in front
 * of them: the metadata that joins the witnesses (on the RPC or on reflection, never on both), and errors as JSON.
 *
 * @throws SetupError when there is no grpcurl
 */
export async function invokeGrpcurl(
  invocation: GrpcurlInvocation,
  target: Target,
  ids: CallIds,
  signal: AbortSignal,
): Promise<RpcRecord> {
  const inContainer = invocation.runsAs === 'container';
  const pair = clientPairOf(target, invocation.clientCertificate);
  const typed = filledIn(
    invocation.arguments,
    inContainer ? { ...containersOf(target).gateway, ...IN_CONTAINER } : { ...target, protos: PROTO_FOLDER },
  ).map((argument) =>
    argument
      .replaceAll('$CLIENT_CERTIFICATE', pair?.certificateFile ?? '')
      .replaceAll('$CLIENT_KEY', pair?.keyFile ?? ''),
  );
  const added = callMetadata(ids, invocation.script).flatMap(([key, value]) => [
    invocation.witnessed === 'reflection' ? '-reflect-header' : '-rpc-header',
    `${key}: ${value}`,
  ]);
  const line = ['-format-error', '-user-agent', userAgent(ids), ...added, ...typed];
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const result = inContainer
    ? await containersOf(target).run('grpcurl', ['/grpcurl', ...line], signal)
    : await runHere(line, signal);
  const endedAtMs = performance.now() - started;
  return {
    kind: 'rpc',
    client: 'grpcurl',
    rpcId: ids.rpcId,
    startedAt,
    ...(result === undefined
      ? { error: 'no status: the harness gave up on grpcurl' }
      : { status: statusOf(result.exitCode, result.stderr) }),
    initialMetadata: {},
    trailers: {},
    messages: jsonValues(result?.stdout ?? '').map((body): ReceivedMessage => ({ atMs: endedAtMs, body })),
    sentAtMs: [0],
    endedAtMs,
    process: {
      command: ['grpcurl', ...typed].join(' '),
      exitCode: result?.exitCode ?? -1,
      stderr: result?.stderr ?? '',
    },
  };
}

/** The arguments with what `$` stands for. The ports of the seed are wherever an environment has put them. */
const filledIn = (
  typed: readonly string[],
  {
    address,
    tlsPort,
    h2cPort,
    caFile,
    protos,
  }: Listeners & { readonly caFile: string; readonly protos: string },
): string[] =>
  typed.map((argument) =>
    argument
      .replaceAll('$GATEWAY_IP:443', `${address}:${tlsPort}`)
      .replaceAll('$GATEWAY_IP:80', `${address}:${h2cPort}`)
      .replaceAll('$GATEWAY_IP', address)
      .replaceAll('$CA', caFile)
      .replaceAll('$PROTO', protos),
  );

async function runHere(line: readonly string[], signal: AbortSignal): Promise<CommandResult | undefined> {
  const result = await execa('grpcurl', line, { reject: false, stdin: 'ignore', cancelSignal: signal });
  if (result.code === 'ENOENT') {
    throw new SetupError('grpcurl is not on the PATH', { hint: 'Run `meshproof doctor`.', cause: result });
  }
  const { stdout, stderr } = result;
  return result.isCanceled ? undefined : { exitCode: result.exitCode ?? -1, stdout, stderr };
}

/** An RPC that was made and failed has its status in the exit code; all else that fails never got that far. */
function statusOf(exitCode: number, stderr: string): ReceivedStatus {
  if (exitCode === 0) return { name: 'OK', details: '', from: 'server' };
  if (exitCode > EXIT_BASE && exitCode <= EXIT_BASE + 16) {
    return { name: statusName(exitCode - EXIT_BASE), details: errorMessage(stderr), from: 'server' };
  }
  return { name: 'UNAVAILABLE', details: stderr.trim(), from: 'client' };
}

/** The `message` of the error that -format-error prints as JSON. */
function errorMessage(stderr: string): string {
  const [error] = jsonValues(stderr.slice(Math.max(0, stderr.indexOf('{'))));
  return typeof error?.message === 'string' ? error.message : '';
}

/**
 * The JSON objects that stand one after another in `text`, as grpcurl prints replies. What is no object, such as the
 * plain list of services that `grpcurl list` prints, is one value with its text.
 */
function jsonValues(text: string): Readonly<Record<string, unknown>>[] {
  if (text.trim() === '') return [];
  // grpcurl indents: only a message's own closing brace stands at the start of a line.
  const pieces = text.split(/(?<=^\})\r?\n?/m).filter((piece) => piece.trim() !== '');
  try {
    return pieces.map((piece) => protoNames(JSON.parse(piece)) as Readonly<Record<string, unknown>>);
  } catch {
    return [{ text }];
  }
}

/** Field names as in the proto: protobuf's JSON form has them in lower camel case. */
function protoNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(protoNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      protoNames(inner),
    ]),
  );
}
