import type { Router } from 'vue-router'
import { t } from '../i18n'
import { toast } from '../ui'

/** The file that this page began with; a new version has another. */
const mine = document.querySelector<HTMLScriptElement>('script[type=module][src]')?.getAttribute('src') ?? ''
let said = false

/** Ask whether the server hands out a newer version than the one on the screen. */
export async function isOutdated(): Promise<boolean> {
  if (!mine) return false
  try {
    const answer = await fetch('/', { cache: 'no-store', credentials: 'same-origin' })
    return answer.ok && !(await answer.text()).includes(mine)
  } catch {
    return false
  }
}

/** If there is a newer version, say so once, with the way to it; drafts and the place one was at are kept. */
export async function announceNewVersion(): Promise<void> {
  if (said || !(await isOutdated()) || said) return
  said = true
  toast({
    text: t('app.new_version'),
    duration: Infinity,
    action: { label: t('app.reload'), run: () => window.location.reload() },
  })
}

/**
 * Parts of the app that are loaded when they are needed may be gone with the version they belong to: whoever was on
 * the way to a page gets it in the new version, everybody else is told. Called once.
 */
export function recoverFromOldParts(router: Router): void {
  window.addEventListener('vite:preloadError', () => void announceNewVersion())
  router.onError(async (_error, to) => {
    if (await isOutdated()) window.location.assign(to.fullPath)
    else toast({ text: t('app.part_missing'), tone: 'bad' })
  })
}
