import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate --name what-changed` writes the next migration. */
export default defineConfig({
  dialect: 'postgresql',
  schema: ['schema', 'schedule-schema', 'access-schema', 'contact-schema', 'effect-schema', 'booking-schema'].map(
    (name) => `./services/store/${name}.ts`,
  ),
  out: './services/store/migrations',
});
