import type { Configuration } from './configuration.ts';
import type { Field, Location } from './field.ts';

/**
 * `error`: it does not work, or Istio refuses it. `warning`: it breaks RPCs under a condition that the message names.
 * `note`: worth knowing; it does not make the exit code 1.
 */
export type Severity = 'error' | 'warning' | 'note';

/** What a rule found at one field. */
export interface Problem {
  readonly at: Field;
  /** What is wrong here, with the values that are there. */
  readonly message: string;
  /** What to do here, where the rule's general advice can be made concrete. */
  readonly fix?: string;
  /** Other fields that have a part in it. */
  readonly related?: readonly { readonly at: Field; readonly message: string }[];
}

/**
 * One thing that breaks gRPC. A rule is pure: it looks at objects, wherever they come from, and at nothing else. It
 * must bear any object: what users write has every shape.
 */
export interface Rule {
  /** Kebab case; it stands in `--disable` and in ignore comments. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  /** What happens to RPCs, and by what mechanism. */
  readonly why: string;
  readonly fix: string;
  /** Where that is written down: documentation, source or an issue. */
  readonly links: readonly string[];
  check(configuration: Configuration): Iterable<Problem>;
}

/** A problem as a report tells it. */
export interface Finding {
  /** A rule's id, or `istioctl/` and the code of one of istioctl's messages. */
  readonly rule: string;
  readonly severity: Severity;
  readonly title: string;
  readonly message: string;
  readonly why: string;
  readonly fix: string;
  readonly links: readonly string[];
  /** Kind, namespace and name. */
  readonly object: string;
  /** Path of the field, such as `spec.http[0].timeout`. */
  readonly field: string;
  readonly location?: Location;
  readonly related: readonly {
    readonly message: string;
    readonly object: string;
    readonly location?: Location;
  }[];
}
