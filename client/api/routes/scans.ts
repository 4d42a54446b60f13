import { z } from 'zod';
import { identifier } from '../../../domain/contracts/names.ts';
import { customerScanInput, scan } from '../../../domain/contracts/scans.ts';
import { type Route, byId, list, page, route } from './route.ts';

const started = z.object({ scanId: identifier, workflowId: z.string() });

export const scanRoutes = {
  startScan: route(
    'POST',
    '/api/scans',
    'Start a scan of the customers',
    customerScanInput.omit({ workspace: true }),
    started,
    { status: 202 },
  ),
  listScans: route('GET', '/api/scans', 'Scans, newest first', z.strictObject(list), page(scan)),
  getScan: route('GET', '/api/scans/:id', 'One scan', byId, scan),
} as const satisfies Record<string, Route>;
