/**
 * A text as one line of at most `most` UTF-16 units, without what changes how the line around it reads: no control characters, no
 * marks of direction, no halves of characters. A longer one ends with an ellipsis, and is cut where a reader's character ends.
 */
export function oneLine(text: string, most: number): string {
  const line = text
    .toWellFormed()
    .normalize('NFC')
    // Scripts of India need the two joiners.
    .replace(/(?![\u200c\u200d])\p{Cf}/gu, '')
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .trim();
  return line.length <= most ? line : `${cutAt(line, most - 1).trimEnd()}…`;
}

function cutAt(line: string, most: number): string {
  let end = 0;
  for (const { index, segment } of new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(line)) {
    if (index + segment.length > most) break;
    end = index + segment.length;
  }
  return line.slice(0, end);
}
