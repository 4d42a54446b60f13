/** Builds `dist/workflow-bundle.js`, without which a worker in production refuses to start. */
import { createLogger } from '../services/logging.ts';
import { buildWorkflowBundle } from '../workers/bundle.ts';

const { path, bytes } = await buildWorkflowBundle(createLogger({ level: 'warn' }));
process.stdout.write(`${path}: ${(bytes / 1e6).toFixed(1)} MB\n`);
