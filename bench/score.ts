/**
 * Scores a million generated customers on one core and prints what it took as JSON: `node bench/score.ts [count] [seed]`.
 *
 * Customers come as a stream, twice: first for the cohorts' values, then to be scored; none is kept. `scoringMs` is the
 * time in cohorts and scores; `totalMs` includes making the customers up. `rssGrowthBytes` is the highest resident set
 * seen less that at 100,000 customers into the first pass.
 */
import { setFlagsFromString } from 'node:v8';
import { isAtRisk, WorstFirst } from '../domain/customers/at-risk.ts';
import { generateFacts, type SampleOptions } from '../domain/customers/generator.ts';
import { CohortIndex, scoreCustomer } from '../domain/customers/health-score.ts';

// Left alone, V8's nursery grows to nearly 100 MB with the number of objects that ever lived, however few live at once.
// Held small, what is left to see is what scoring itself holds on to.
setFlagsFromString('--optimize-for-size');

const RSS_EVERY = 10_000;
const RSS_FROM = 100_000;
const THRESHOLDS = { riskThreshold: 0.6, healthThreshold: 0.4 };

class Measure {
  scoringMs = 0;
  rssAtStart = 0;
  rssPeak = 0;
  #seen = 0;

  /** Called around the work on each customer. */
  took(milliseconds: number): void {
    this.scoringMs += milliseconds;
    this.#seen += 1;
    if (this.#seen < RSS_FROM || this.#seen % RSS_EVERY !== 0) return;
    const rss = process.memoryUsage.rss();
    if (this.rssAtStart === 0) this.rssAtStart = rss;
    this.rssPeak = Math.max(this.rssPeak, rss);
  }
}

function run(options: SampleOptions): Record<string, number> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const measure = new Measure();
  const cohorts = new CohortIndex();
  for (const facts of generateFacts(options)) {
    const before = performance.now();
    cohorts.add(facts);
    measure.took(performance.now() - before);
  }
  const worst = new WorstFirst<{ customerId: string; churnRisk: number; lifetimeValue: number }>(10);
  let healthSum = 0;
  let riskSum = 0;
  let atRisk = 0;
  for (const facts of generateFacts(options)) {
    const before = performance.now();
    const score = scoreCustomer(facts, cohorts.standingOf(facts), options.asOf);
    healthSum += score.health;
    riskSum += score.churnRisk;
    if (isAtRisk(score, THRESHOLDS)) {
      atRisk += 1;
      const { customerId, churnRisk } = score;
      worst.offer({ customerId, churnRisk, lifetimeValue: facts.lifetimeValue });
    }
    measure.took(performance.now() - before);
  }
  const used = process.cpuUsage(cpu);
  return {
    customers: options.count,
    scoringMs: Math.round(measure.scoringMs),
    totalMs: Math.round(performance.now() - started),
    cpuMs: Math.round((used.user + used.system) / 1_000),
    rssPeakBytes: measure.rssPeak,
    rssGrowthBytes: measure.rssPeak - measure.rssAtStart,
    meanHealth: healthSum / options.count,
    meanChurnRisk: riskSum / options.count,
    atRisk,
    worstChurnRisk: worst.items()[0]?.churnRisk ?? 0,
  };
}

const [count = '1000000', seed = '1'] = process.argv.slice(2);
const figures = run({ count: Number(count), seed: Number(seed), asOf: Date.UTC(2026, 0, 1) });
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
