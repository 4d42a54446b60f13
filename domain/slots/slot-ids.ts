/** Id of the slot of a calendar that starts at an instant (epoch ms): `demo-20270315T130000Z`. */
export function slotId(calendar: string, start: number): string {
  const [date = '', time = ''] = new Date(start).toISOString().split('T');
  return `${calendar}-${date.replaceAll('-', '')}T${time.slice(0, 8).replaceAll(':', '')}Z`;
}

/** Calendar and start (epoch ms) of a slot by its id; null when it is none. */
export function parseSlotId(id: string): { calendar: string; start: number } | null {
  const match = /^([a-z0-9-]{1,40})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(id);
  if (match === null) return null;
  const [, calendar = '', year, month, day, hour, minute, second] = match;
  const start = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`);
  // A day such as 30 February would otherwise stand for another.
  return Number.isNaN(start) || slotId(calendar, start) !== id ? null : { calendar, start };
}
