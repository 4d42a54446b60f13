#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Half of a short command's time would go into compiling the same sources again. A folder that cannot be written is no
// error. Only what is loaded after this line is cached, so everything else is.
enableCompileCache(fileURLToPath(new URL('../../.reveille/compile-cache', import.meta.url)));
await import('./run.ts');
