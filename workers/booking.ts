import type { BookingDependencies } from '../activities/dependencies.ts';
import type { Store } from '../domain/ports/store.ts';
import { openDesk } from '../services/calendars/open-desk.ts';
import type { Configuration } from '../services/configuration.ts';
import type { Dialler } from '../services/dialler.ts';
import { createLinks } from '../services/links.ts';
import { createZoom } from '../services/zoom.ts';

/** How long Zoom may take for one answer, in milliseconds. */
const ZOOM_MS = 30_000;

/** Where slots are taken and meetings made, as the configuration has it. */
export function bookingDependencies(
  configuration: Pick<Configuration, 'booking' | 'timezone' | 'dataDir' | 'links'>,
  parts: { store: Store; dialler: Dialler },
): BookingDependencies {
  const { booking, links } = configuration;
  return {
    desk: openDesk(configuration, parts),
    meetings: booking.zoom && createZoom(booking.zoom, { dialler: parts.dialler, now: Date.now, timeoutMs: ZOOM_MS }),
    links: links && createLinks(links).bookingUrls,
  };
}
