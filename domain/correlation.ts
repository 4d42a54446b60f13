/** Header under which a correlation id travels from request or schedule fire through workflows to activities. */
export const CORRELATION_HEADER = 'reveille-correlation-id';
