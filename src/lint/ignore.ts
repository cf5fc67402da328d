import type { Finding } from './rule.ts';
import type { Source } from './read/reading.ts';

const COMMENT = /#\s*meshproof-ignore:\s*([\w/-]+(?:\s*,\s*[\w/-]+)*)(?:\s+(\S.*))?$/;

/** What an ignore comment asks for. */
interface Ignore {
  readonly rules: readonly string[];
  readonly reason: string | undefined;
}

function ignoreIn(line: string): Ignore | undefined {
  const found = COMMENT.exec(line);
  return found ? { rules: (found[1] ?? '').split(/\s*,\s*/), reason: found[2] } : undefined;
}

/** The comments that are about a line: on it, or right above it. */
function* commentsAt(lines: readonly string[], line: number): Generator<string> {
  yield lines[line - 1] ?? '';
  for (let above = line - 2; /^\s*#/.test(lines[above] ?? ''); above--) yield lines[above] ?? '';
}

/**
 * Leaves out findings that a comment asks to, on the line of the field or right above it:
 * `# meshproof-ignore: rule-id reason`. A comment without a reason, or with a rule that there is not, is told of.
 *
 * @param known the ids that a comment may name, beside istioctl's codes
 */
export function applyIgnores(
  findings: readonly Finding[],
  sources: readonly Source[],
  known: ReadonlySet<string>,
): { readonly kept: Finding[]; readonly ignored: number; readonly notes: string[] } {
  const lines = new Map(sources.map(({ name, text }) => [name, text.split(/\r?\n/)]));
  const kept = findings.filter(({ rule, location }) => {
    const text = lines.get(location?.file ?? '');
    if (!location || !text) return true;
    return ![...commentsAt(text, location.line)].some((comment) => {
      const ignore = ignoreIn(comment);
      return ignore?.reason !== undefined && ignore.rules.includes(rule);
    });
  });
  const notes = [...lines].flatMap(([name, text]) =>
    text.flatMap((line, index) => {
      const wrong = whatIsWrong(ignoreIn(line), known);
      return wrong === undefined ? [] : [`${name}:${index + 1}: this comment ignores nothing: ${wrong}`];
    }),
  );
  return { kept, ignored: findings.length - kept.length, notes };
}

function whatIsWrong(ignore: Ignore | undefined, known: ReadonlySet<string>): string | undefined {
  if (!ignore) return undefined;
  const stranger = ignore.rules.find((rule) => !known.has(rule) && !rule.startsWith('istioctl/'));
  if (stranger !== undefined) return `there is no rule ${stranger}`;
  return ignore.reason === undefined ? 'give the reason behind the rule' : undefined;
}
