import type { Cause } from './causes.ts';

/** How sure a diagnosis is, the surest first. */
export const CONFIDENCES = ['certain', 'likely', 'possible'] as const;

/**
 * - `certain`: a witness says it in so many words, or two independent ones agree.
 * - `likely`: the configuration explains what was seen, and nothing else that was looked at does.
 * - `possible`: it would explain what was seen; other causes would too.
 */
export type Confidence = (typeof CONFIDENCES)[number];

/** The line to change. */
export interface Change {
  /** `VirtualService default/grpc-vs`. */
  readonly object: string;
  /** `spec.http[0].timeout`. */
  readonly field: string;
  /** What stands there. */
  readonly found: string;
  /**
   * What would mend it, where the evidence says so, as YAML that kustomize and `meshproof run --patch` take: a target
   * and a JSON patch, or the object with `$patch: delete`.
   */
  readonly patch?: string;
}

/** From the evidence to a cause. */
export interface Diagnosis {
  readonly cause: Cause;
  readonly confidence: Confidence;
  /** What happened and why, in one or two sentences. */
  readonly summary: string;
  /** Absent when nothing in the cluster is to be changed: the client, or the service itself. */
  readonly change?: Change;
  /** The facts it rests on, one sentence each. */
  readonly because: readonly string[];
}
