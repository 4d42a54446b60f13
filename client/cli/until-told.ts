/** Aborts when the process is told to stop: that ends the view, and is no failure. */
export function untilTold(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}
