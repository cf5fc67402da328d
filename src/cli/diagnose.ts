import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { EXIT, UsageError } from '../errors.ts';
import { redactValue } from '../evidence/redact.ts';
import { diagnoseSubject } from '../probes/diagnose-subject.ts';
import type { Subject } from '../probes/findings.ts';
import { probeLines, subjectText } from '../probes/text.ts';
import { type Output, printJson } from './output.ts';

export interface DiagnoseOptions {
  readonly address: string;
  readonly authority?: string;
  readonly method: string;
  readonly header?: string[];
  readonly plaintext?: boolean;
  readonly cacert?: string;
  readonly origin?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly json?: boolean;
}

/** `meshproof diagnose`: exit 0 when nothing is amiss, 1 when something is, 2 when it could not be looked at. */
export async function diagnose(
  options: DiagnoseOptions,
  output: Output,
  { signal }: AbortController,
): Promise<number> {
  const subject = await subjectOf(options);
  if (options.context !== undefined && options.kubeconfig === undefined)
    throw new UsageError('--context goes with --kubeconfig only');
  // Loading the Kubernetes client takes most of a second.
  const cluster =
    options.kubeconfig === undefined
      ? undefined
      : new (await import('../kubernetes/cluster.ts')).Cluster(options.kubeconfig, options.context);
  const activity = output.progress.begin('Looking');
  const seen = await diagnoseSubject(subject, cluster, signal).finally(() => {
    activity.done();
  });
  const { diagnoses, inside, notes, found } = seen;
  if (options.json === true) {
    const probes = Object.fromEntries(probeLines(subject, found));
    printJson(
      output,
      redactValue({ subject: { ...subject, caPem: undefined }, probes, found, inside, notes, diagnoses }),
    );
  } else output.out.write(subjectText(subject, seen));
  return diagnoses.length === 0 ? EXIT.conformant : EXIT.notConformant;
}

/** @throws UsageError when an option is not what it says */
async function subjectOf(options: DiagnoseOptions): Promise<Subject> {
  const { host, port } = addressOf(options.address);
  const { method, origin, cacert, authority = host } = options;
  if (!/^[\w.]+\/\w+$/.test(method))
    throw new UsageError(`--method ${method} is no method`, { hint: 'Give it as package.Service/Method.' });
  if (origin !== undefined && !/^https?:\/\/[^/]+$/.test(origin))
    throw new UsageError(`--origin ${origin} is no origin`, {
      hint: 'Give scheme and host: https://app.example.com.',
    });
  const caPem =
    cacert === undefined
      ? rootCertificates.join('\n')
      : await readFile(cacert, 'utf8').catch((error: unknown) => {
          throw new UsageError(`the certificate ${cacert} cannot be read`, { cause: error });
        });
  const tls = options.plaintext !== true && ![80, 8080].includes(port);
  return {
    host,
    port,
    authority,
    method,
    headers: headersOf(options.header ?? []),
    tls,
    caPem,
    ...(origin === undefined ? {} : { origin }),
  };
}

function headersOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^([\w-]+)\s*:\s*(.*)$/.exec(text) ?? [];
      if (name === undefined || value === undefined)
        throw new UsageError(`--header ${text} is no header field`, { hint: "Give it as 'name: value'." });
      return [name.toLowerCase(), value];
    }),
  );
}

function addressOf(text: string): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = bracketed ?? plain;
  if (host === undefined || port < 1 || port > 65_535)
    throw new UsageError(`--address ${text} is no address`, {
      hint: 'Give HOST:PORT: grpc.example.com:443.',
    });
  return { host, port };
}
