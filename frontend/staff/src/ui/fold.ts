const LETTERS: Readonly<Record<string, string>> = { ł: 'l', đ: 'd', ς: 'σ', ß: 'ss', æ: 'ae', ø: 'o' }

/** Small letters without marks, so that "Škoda" is found by "skoda" and "Łódź" by "lodz". */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[łđςßæø]/g, (letter) => LETTERS[letter] ?? letter)
}

/** Whether every word of `query` begins a word of `text` or lies in it. */
export function matches(text: string, query: string): boolean {
  const folded = fold(text)
  return fold(query)
    .split(/\s+/)
    .every((word) => folded.includes(word))
}
