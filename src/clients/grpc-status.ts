/** The 17 status codes of gRPC by number (gRPC's `statuscodes.md`); the index is the code. */
export const STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** The name of a gRPC status, as the specification writes it. */
export type StatusName = (typeof STATUS_NAMES)[number];

/** The name of a status code; a number outside 0 to 16 counts as UNKNOWN, as the specification asks of clients. */
export const statusName = (code: number): StatusName => STATUS_NAMES[code] ?? 'UNKNOWN';

/** The number of a status. */
export const statusCode = (name: StatusName): number => STATUS_NAMES.indexOf(name);

/** Where gRPC's `http-grpc-status-mapping.md` differs from "everything else is UNKNOWN". */
const BY_HTTP_STATUS: Readonly<Record<number, StatusName>> = {
  400: 'INTERNAL',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UNIMPLEMENTED',
  429: 'UNAVAILABLE',
  431: 'INTERNAL',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

/**
 * The status a client shall report for a reply that carries no grpc-status at all, from its HTTP status
 * (gRPC's `http-grpc-status-mapping.md`). A gateway's own empty reply to gRPC-Web is such a reply.
 */
export const statusOfHttp = (httpStatus: number): StatusName => BY_HTTP_STATUS[httpStatus] ?? 'UNKNOWN';
