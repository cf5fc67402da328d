// Node strips types only outside node_modules. Loaded by `--import` where this project is installed as a dependency, this
// does the same, by Node's own means, for this project's own files.
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { dirname, resolve } from 'node:path';

const root = pathToFileURL(`${resolve(dirname(fileURLToPath(import.meta.url)), '..')}/`).href;

registerHooks({
  load: (url, context, next) => {
    if (!url.startsWith(root) || !url.endsWith('.ts')) return next(url, context);
    const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'));
    return { format: 'module', source, shortCircuit: true };
  },
});
