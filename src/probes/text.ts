import type { HttpRecord, TlsRecord } from '../clients/record.ts';
import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import type { SubjectDiagnosis } from './diagnose-subject.ts';
import { cameFromService, grpcMessageOf, grpcStatusOf, type Subject } from './findings.ts';

/** What the probes saw and what explains it, for people. */
export function subjectText(subject: Subject, { found, diagnoses, inside, notes }: SubjectDiagnosis): string {
  return [
    `${subject.host}:${subject.port}, authority ${subject.authority}, ${subject.tls ? 'TLS' : 'plaintext'}`,
    '',
    ...probeLines(subject, found).map(([what, seen]) => `  ${what.padEnd(26)} ${seen}`),
    '',
    ...(inside ? [] : ['Looked at from outside only; --kubeconfig names the line to change.', '']),
    ...notes.map((note) => `Note: ${note}`),
    ...(diagnoses.length === 0 ? ['Nothing is amiss.'] : diagnoses.flatMap(diagnosisLines)),
    '',
  ].join('\n');
}

/** Each probe by its name and what it saw, in one line. */
export function probeLines({ method, tls }: Subject, found: SubjectDiagnosis['found']): [string, string][] {
  const { handshakes, reflection } = found;
  return [
    ['TCP', found.tcp.connected ? 'connected' : found.tcp.error],
    ...Object.entries(handshakes ?? {}).map(([offer, record]): [string, string] => [
      `TLS, ALPN ${offer}`,
      handshakeText(record),
    ]),
    [
      'HTTP/2 without TLS',
      [found.preface.answer, found.preface.error].filter((text) => text !== '').join(': '),
    ],
    [tls ? 'HTTP/1.1 over TLS' : 'HTTP/1.1', httpText(found.http1)],
    [method, rpcText(found.call)],
    ['health', rpcText(found.health)],
    ['reflection v1', rpcText(reflection.v1)],
    ['reflection v1alpha', rpcText(reflection.v1alpha)],
    ['gRPC-Web preflight', `${httpText(found.preflight)}, ${allowText(found.preflight)}`],
    ['gRPC-Web', `${httpText(found.web)}, ${found.web.headers['content-type']?.[0] ?? 'no content-type'}`],
  ];
}

const handshakeText = ({ version, alpn, error }: TlsRecord): string =>
  version === '' ? error : `${version}, ${alpn || 'no ALPN'}${error === '' ? '' : `, ${error}`}`;

const httpText = ({ status, error }: HttpRecord): string => (error === '' ? `HTTP ${status}` : error);

const allowText = ({ headers }: HttpRecord): string =>
  `allows ${headers['access-control-allow-origin']?.[0] ?? 'no origin'}`;

function rpcText(record: HttpRecord): string {
  if (record.error !== '') return record.error;
  const status = grpcStatusOf(record);
  const by = cameFromService(record) ? 'by the service' : 'by the gateway itself';
  return `HTTP ${record.status}, grpc-status ${status ?? 'absent'} ${grpcMessageOf(record)}`
    .trim()
    .concat(`, ${by}`);
}

function diagnosisLines({ cause, confidence, summary, change, because }: Diagnosis): string[] {
  return [
    `${confidence}: ${cause}: ${summary}`,
    ...because.map((fact) => `  - ${fact}`),
    ...(change === undefined ? [] : [`  change ${change.object}, ${change.field}: ${change.found}`]),
    ...(change?.patch === undefined
      ? []
      : change.patch
          .trimEnd()
          .split('\n')
          .map((line) => `      ${line}`)),
  ];
}
