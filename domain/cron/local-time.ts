/** The clock's reading at `instant` (epoch ms) with a UTC offset (ms): `2027-03-14T03:00:00-04:00`. */
export function localText(instant: number, offset: number): string {
  const [clock = '', fraction = ''] = new Date(instant + offset).toISOString().slice(0, -1).split('.');
  return `${clock}${fraction === '000' ? '' : `.${fraction}`}${offsetText(offset)}`;
}

/** `-04:00`; seconds only where a zone has them, as Monrovia had until 1972. */
function offsetText(offset: number): string {
  const seconds = Math.abs(offset) / 1_000;
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = (parts[2] === 0 ? parts.slice(0, 2) : parts).map((part) => String(part).padStart(2, '0'));
  return `${offset < 0 ? '-' : '+'}${shown.join(':')}`;
}
