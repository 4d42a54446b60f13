/** The image's health check: exits with 0 when this container's process takes work, with 1 when it does not. */
const url = `http://127.0.0.1:${process.env['REVEILLE_PORT'] ?? '3000'}/readyz`;
const ready = await fetch(url, { signal: AbortSignal.timeout(4_000) }).then(
  (response) => response.ok,
  () => false,
);
process.exitCode = ready ? 0 : 1;
