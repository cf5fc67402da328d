import { styleText } from 'node:util';
import type { Account, AccountedRpc } from '../../traffic/account.ts';
import { FATES, isWell, type Fate } from '../../traffic/fate.ts';
import type { Percentiles } from '../../traffic/latency.ts';
import type { ChangeResult } from '../../traffic/run-change.ts';
import { visible } from '../escaping.ts';

/** How many groups of lost RPCs are shown. */
const SHOWN = 8;

/** Whether a change went as expected; of one that is broken on purpose, whether that was found. */
export const isGoodChange = ({ caught, findings }: ChangeResult): boolean => caught ?? findings.length === 0;

/** What came of a change, for a terminal: the verdict first. */
export function changeText(result: ChangeResult, colour: boolean): string {
  const paint = (tone: 'green' | 'red' | 'bold' | 'dim', text: string): string =>
    colour ? styleText(tone, text, { validateStream: false }) : text;
  const { account, findings, sabotage, caught } = result;
  const good = isGoodChange(result);
  const under =
    sabotage === undefined ? '' : ` under "${sabotage}": ${caught === true ? 'caught' : 'NOT CAUGHT'}`;
  const lines = [
    paint('bold', paint(good ? 'green' : 'red', `${good ? '✔' : '✖'} ${result.change}${under}`)),
    `  ${result.title}`,
    ...findings.map(({ what, expected, got }) =>
      paint(sabotage === undefined ? 'red' : 'dim', `  ✖ ${what}: expected ${expected}, got ${got}`),
    ),
    `  unary    ${fatesText(account.unary)}`,
    `  streams  ${fatesText(account.streams)}`,
    `  reached a server: ${account.reached} RPCs, ${account.attemptedAgain} of them more than once`,
    `  connections: ${connectionsText(account)}`,
    `  change: ${account.marks.map(({ what, atMs }) => `${seconds(atMs)} ${what}`).join(' · ')}`,
    ...latencyLines(account),
    ...lostText(account.lost).map((line) => paint('dim', `    ${line}`)),
  ];
  return `${lines.map(visibleLine(colour)).join('\n')}\n\n`;
}

/** What is painted is ours; without paint nothing that a peer has said may draw on the terminal. */
const visibleLine = (colour: boolean) => (line: string) => (colour ? line : visible(line));

/** `1480 answered, 3 reset`; what was lost after what was not. */
export function fatesText(counts: Readonly<Record<Fate, number>>): string {
  const there = FATES.filter((fate) => counts[fate] > 0);
  const sorted = there.toSorted((one, other) => Number(isWell(other)) - Number(isWell(one)));
  return sorted.length === 0 ? 'none' : sorted.map((fate) => `${counts[fate]} ${fate}`).join(', ');
}

function connectionsText({ connections }: Account): string {
  const told = connections.filter(({ goawayAtMs }) => goawayAtMs !== undefined);
  const again = told.flatMap(({ reconnectedAfterMs }) => reconnectedAfterMs ?? []);
  const longest = again.length === 0 ? '' : `, the slowest after ${Math.round(Math.max(...again))} ms`;
  return `${connections.length}, ${told.length} got GOAWAY, ${again.length} of those clients began anew${longest}`;
}

function latencyLines({ latency }: Account): string[] {
  const { response, service, lateness, eventLoopDelay, doubt } = latency;
  return [
    `  latency from the intended start   ${percentilesText(response)}`,
    `          from the actual start     ${percentilesText(service)}`,
    `          starts late by            ${percentilesText(lateness)}`,
    `          event loop late by        ${percentilesText(eventLoopDelay)}`,
    ...(doubt === undefined ? [] : [`  ! ${doubt}`]),
  ];
}

const percentilesText = ({ count, p50, p90, p99, max }: Percentiles): string =>
  `p50 ${p50} · p90 ${p90} · p99 ${p99} · max ${max} ms of ${count}`;

const seconds = (ms: number): string => (Number.isNaN(ms) ? 'never' : `${(ms / 1000).toFixed(1)} s`);

/** What was lost, by how: the largest group first, each with when it began and one of its RPCs. */
function lostText(lost: readonly AccountedRpc[]): string[] {
  const groups = new Map<string, AccountedRpc[]>();
  for (const rpc of lost) {
    const key = [rpc.kind === 'unary', rpc.fate, rpc.status, rpc.resetCode].join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [rpc]);
    else group.push(rpc);
  }
  const sorted = [...groups.values()].sort((one, other) => other.length - one.length);
  const more = sorted.length - SHOWN;
  return [
    ...sorted.slice(0, SHOWN).flatMap((group) => {
      const [first] = group;
      return first === undefined ? [] : [`${group.length} such as ${rpcText(first)}`];
    }),
    ...(more > 0 ? [`and ${more} other kinds of loss`] : []),
  ];
}

/** One lost RPC in a line. */
export function rpcText(rpc: AccountedRpc): string {
  const { endedAtMs = NaN, lane, kind, fate, status = '', details = '', resetCode, graceMs, pods } = rpc;
  const how = [
    ...(resetCode === undefined ? [] : [`RST_STREAM code ${resetCode}`]),
    ...(graceMs === undefined ? [] : [`${Math.round(graceMs)} ms after GOAWAY`]),
    pods.length === 0 ? 'reached no server' : `reached ${pods.join(', ')}`,
    visible(`${status} ${details}`.trim()),
  ];
  return `${seconds(endedAtMs)}  ${lane} ${kind}: ${fate} (${how.join('; ')})`;
}
