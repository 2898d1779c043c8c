/** A time to come back at, with the name of its sentence. */
export interface SnoozeChoice {
  key: 'later' | 'evening' | 'tomorrow' | 'monday' | 'week' | 'month'
  at: Date
}

const MORNING = 8
const EVENING = 18

function at(from: Date, days: number, hour: number): Date {
  return new Date(from.getFullYear(), from.getMonth(), from.getDate() + days, hour)
}

/** Sensible times from now on, in the order in which they come, none twice and none past. */
export function snoozeChoices(now: Date): SnoozeChoice[] {
  const choices: SnoozeChoice[] = []
  const hour = now.getHours()
  if (hour < 15) choices.push({ key: 'later', at: new Date(now.getTime() + 3 * 3_600_000) })
  if (hour < EVENING - 1) choices.push({ key: 'evening', at: at(now, 0, EVENING) })
  choices.push({ key: 'tomorrow', at: at(now, 1, MORNING) })
  const toMonday = (8 - now.getDay()) % 7 || 7
  if (toMonday > 1) choices.push({ key: 'monday', at: at(now, toMonday, MORNING) })
  choices.push({ key: 'week', at: at(now, 7, MORNING) }, { key: 'month', at: at(now, 30, MORNING) })
  const seen = new Set<number>()
  return choices
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .filter((choice) => !seen.has(choice.at.getTime()) && seen.add(choice.at.getTime()))
}
