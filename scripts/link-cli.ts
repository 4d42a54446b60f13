/**
 * After `npm install`: links `node_modules/.bin/reveille` to the CLI, so that `npx reveille` finds it in a clone. Where
 * that is not possible `npm run reveille --` does the same, and the installation goes on.
 */
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../client/cli/main.ts', import.meta.url));
const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const link = join(bin, 'reveille');
try {
  if (existsSync(cli) && process.platform !== 'win32') {
    mkdirSync(bin, { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(relative(bin, cli), link);
    chmodSync(cli, 0o755);
  }
} catch (error) {
  process.stderr.write(`npx reveille is not available (${(error as Error).message}); use npm run reveille --\n`);
}
