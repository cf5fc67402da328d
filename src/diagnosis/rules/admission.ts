import { asDisagreed } from '../naming.ts';
import type { Rule } from '../rule.ts';

/** A refusal names the object, and mostly the field. */
export const refused: Rule = ({ evidence }) => {
  const [refusal] = evidence.refusals;
  if (refusal === undefined) return;
  const field = /(?:field|spec\.[\w.[\]]+|unknown field) ?"?([\w.[\]]*)"?/.exec(refusal.reason)?.[0];
  return {
    cause: 'refused-at-admission',
    confidence: 'certain',
    summary: `${refusal.object} was refused, so whatever relies on it cannot work.`,
    change: { object: refusal.object, field: field ?? 'see the reason', found: refusal.reason },
    because: [refusal.reason],
  };
};

/** What one version of Istio refuses another takes. */
export const accepted: Rule = (scene) => {
  const about = scene.disagreement(/^admission$/);
  if (about?.expected !== 'refused') return;
  return {
    cause: 'accepted-at-admission',
    confidence: 'certain',
    summary: 'The API server and the webhooks accept the object, as it is written and at this version.',
    because: [asDisagreed(about)],
  };
};
