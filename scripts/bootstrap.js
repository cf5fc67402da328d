// Plain JavaScript for any Node from 18 on: makes this checkout able to run, then hands over to Node 24.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, connect } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** Installed as a dependency: its packages are the business of whoever installed it, and lie beside it. */
const isDependency = /[/\\]node_modules[/\\]/.test(root);
const modules = join(root, 'node_modules');
const stamp = join(modules, '.meshproof-installed');
const node = isDependency
  ? join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
  : join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

const digest = (text) => createHash('sha256').update(text).digest('hex');
const wanted = () => digest(readFileSync(join(root, 'package-lock.json')));
const isInstalled = () =>
  isDependency || (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted());

/** Resolves with a release function once no other process installs into this checkout. */
function lock() {
  const name = `meshproof-install-${digest(root).slice(0, 16)}`;
  // An abstract socket (Linux) is released by the kernel, however its owner ends.
  const path = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), name);
  return new Promise((done, fail) => {
    const attempt = () => {
      const server = createServer();
      server.once('error', (error) => {
        if (error.code !== 'EADDRINUSE') return fail(error);
        process.stderr.write('meshproof: waiting for another process that installs the dependencies\n');
        const other = connect(path);
        other.once('close', attempt);
        other.on('error', () => {
          // A socket file whose owner is gone refuses connections.
          if (process.platform !== 'linux') rmSync(path, { force: true });
        });
        return undefined;
      });
      server.listen(path, () => done(() => server.close()));
    };
    attempt();
  });
}

function run(command, args, options) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
    child.once('error', (error) => done({ code: 2, output: String(error) }));
    child.once('exit', (code, signal) =>
      done({ code: code ?? 128 + (constants.signals[signal] ?? 0), output }),
    );
  });
}

async function installDependencies() {
  if (isInstalled()) return;
  const release = await lock();
  try {
    if (isInstalled()) return;
    const started = Date.now();
    process.stderr.write('meshproof: installing dependencies (npm ci), about a minute the first time\n');
    const tick = setInterval(() => {
      process.stderr.write(`meshproof: still installing, ${Math.round((Date.now() - started) / 1000)} s\n`);
    }, 15_000);
    const env = { ...process.env };
    // Inside "npm run" these would make the inner npm act on the outer one's command.
    for (const key of Object.keys(env)) if (/^npm_(lifecycle|command|package)/.test(key)) delete env[key];
    const args = ['ci', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
    const result = await run('npm', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    clearInterval(tick);
    if (result.code !== 0 || !existsSync(node)) {
      // npm follows its reason with the usage of the command, which helps nobody here.
      const lines = result.output
        .split(/npm error (?:Clean install a project|Usage:)/)[0]
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.includes('EBADENGINE'))
        .slice(-15)
        .join('\n    ');
      process.stderr.write(`meshproof: the dependencies could not be installed:\n    ${lines}\n`);
      process.stderr.write(
        '  Run "npm ci" by hand to see all of it; a registry that cannot be reached is the usual cause.\n',
      );
      process.exit(2);
    }
    writeFileSync(stamp, wanted());
    process.stderr.write(
      `meshproof: dependencies installed in ${Math.round((Date.now() - started) / 1000)} s\n`,
    );
  } finally {
    release();
  }
}

/** Installs what is missing and runs `entry` (relative to the project) under Node 24, as if it were this process. */
export async function handOver(entry, args) {
  await installDependencies();
  const hooks = [
    '--disable-warning=ExperimentalWarning',
    '--import',
    pathToFileURL(join(root, 'scripts/strip-types.js')).href,
  ];
  // Types are stripped, and everything is compiled, once for all commands and what they start.
  const compiled = { NODE_COMPILE_CACHE: join(modules, '.cache', 'compiled') };
  const child = spawn(node, [...(isDependency ? hooks : []), join(root, entry), ...args], {
    stdio: 'inherit',
    env: { ...(isDependency ? {} : compiled), ...process.env },
  });
  // On a terminal Ctrl-C reaches the child by itself; elsewhere a signal to this process alone has to be handed on.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
