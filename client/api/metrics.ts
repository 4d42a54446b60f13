import type { FastifyInstance } from 'fastify';
import { Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface ApiMetrics {
  /** In the text format of Prometheus. */
  show(): Promise<{ contentType: string; text: string }>;
}

/** Measures every request, the process, and how many listen to events. One registry a server: nothing is shared. */
export function measure(app: FastifyInstance, subscribers: () => number): ApiMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'reveille_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  new Gauge({
    name: 'reveille_event_subscribers',
    help: 'Open WebSockets that get events',
    registers: [registry],
    collect() {
      this.set(subscribers());
    },
  });
  app.addHook('onResponse', async (request, reply) => {
    // By route: what the URL holds is the sender's, and there are endlessly many.
    const labels = { method: request.method, route: request.routeOptions.url ?? 'unknown', status: reply.statusCode };
    durations.observe(labels, reply.elapsedTime / 1_000);
  });
  return { show: async () => ({ contentType: registry.contentType, text: await registry.metrics() }) };
}
