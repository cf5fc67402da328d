import type { Scenario } from './scenario.ts';

/** Columns of the longest line when nobody says how wide a terminal is. */
const NARROWEST = 60;

/**
 * The catalogue as text: each scenario with its title, what its users saw, and where it was reported.
 *
 * @param width columns of the terminal
 */
export function catalogueText(scenarios: readonly Scenario[], width: number): string {
  const blocks = scenarios.map((each) =>
    [
      `${each.class.padEnd(3)} ${each.id}`,
      ...folded(each.title, width),
      ...folded(`Seen: ${each.symptom}`, width),
      ...folded(`From: ${each.origin.join(', ')}`, width),
      '',
    ].join('\n'),
  );
  return `${blocks.join('\n')}\n${scenarios.length} scenarios. Reproduce one: meshproof reproduce ${scenarios[0]?.id ?? 'ID'} --fix\n`;
}

/** Indented, and folded at spaces. */
function folded(text: string, width: number): string[] {
  const room = Math.max(NARROWEST, width) - 4;
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `    ${line}`);
}
