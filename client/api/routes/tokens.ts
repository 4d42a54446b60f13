import { z } from 'zod';
import { createToken, createdToken, token } from '../../../domain/contracts/tokens.ts';
import { type Route, byId, list, page, route } from './route.ts';

export const tokenRoutes = {
  createToken: route('POST', '/api/tokens', 'Create a token; its secret is shown once', createToken, createdToken, {
    status: 201,
    scope: 'admin',
  }),
  listTokens: route('GET', '/api/tokens', 'Tokens, newest first', z.strictObject(list), page(token), {
    scope: 'admin',
  }),
  revokeToken: route('DELETE', '/api/tokens/:id', 'Revoke a token', byId, token, { scope: 'admin' }),
} as const satisfies Record<string, Route>;
