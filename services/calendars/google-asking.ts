import type { MethodOptions, calendar_v3 } from '@googleapis/calendar';
import { failedAsking, fetchOver } from './calendar-http.ts';
import type { GoogleAnswer } from './google-answers.ts';
import type { AccessTokens, GoogleDependencies } from './google-tokens.ts';

/** One request of the library. */
type Ask = (
  events: calendar_v3.Resource$Events,
  options: MethodOptions,
) => Promise<{ status: number; headers: { 'retry-after'?: string | undefined }; data: unknown }>;

/** Asks for events, or has them changed (`changes`). @throws CalendarError where there is no whole answer */
export type AskGoogle = (ask: Ask, changes: boolean, signal: AbortSignal) => Promise<GoogleAnswer>;

/**
 * Google's library makes the requests. Connections, sizes and time are ours, and so are access tokens and repeats: its own know
 * neither our clock nor our signal, and ask again by themselves.
 */
export function createAskGoogle(
  tokens: AccessTokens,
  { settings, dialler, timeoutMs }: Omit<GoogleDependencies, 'now'>,
): AskGoogle {
  // Loading it takes a tenth of a second, and most services have no calendar at Google.
  const load = async () => (await import('@googleapis/calendar')).calendar({ version: 'v3', rootUrl: settings.apiUrl });
  let loaded: ReturnType<typeof load> | null = null;

  const once = async (...[ask, changes, signal, token]: [...Parameters<AskGoogle>, string]): Promise<GoogleAnswer> => {
    const options: MethodOptions = {
      headers: { authorization: `Bearer ${token}` },
      fetchImplementation: fetchOver({ dialler, timeoutMs, signal }),
      responseType: 'json',
      retry: false,
      validateStatus: () => true,
    };
    const { events } = await (loaded ??= load());
    try {
      const { status, headers, data: body } = await ask(events, options);
      return { status, headers: new Headers({ 'retry-after': headers['retry-after'] ?? '' }), body, changes };
    } catch (error) {
      throw failedAsking(error, { service: 'Google', changes });
    }
  };

  return async (ask, changes, signal) => {
    const token = await tokens.get(signal);
    const answer = await once(ask, changes, signal, token);
    if (answer.status !== 401) return answer;
    // A token may end before its time: once more, with a new one.
    tokens.drop(token);
    return once(ask, changes, signal, await tokens.get(signal));
  };
}
