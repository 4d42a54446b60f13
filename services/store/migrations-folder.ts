import { join } from 'node:path';

/** Where `npx drizzle-kit generate` writes the SQL that brings the tables up to date. */
export const MIGRATIONS_FOLDER = join(import.meta.dirname, 'migrations');
