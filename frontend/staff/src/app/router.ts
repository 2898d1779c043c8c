import { ref } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import { Offline, onForbidden, onSignedOut } from '../api/http'
import { authRoutes } from '../auth/routes'
import InboxPage from '../inbox/InboxPage.vue'
import { lost } from '../live/connection'
import { settingsRoutes } from '../settings/routes'
import { dismissAll } from '../ui/toast'
import { useSession } from './session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown without a session and without the shell. */
    public?: boolean
  }
}

/** False until it is known who is here: nothing is shown that would be taken away at once. */
export const booted = ref(false)

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    ...authRoutes,
    ...settingsRoutes,
    { path: '/', redirect: '/inbox' },
    { path: '/inbox', name: 'inbox', component: InboxPage },
    { path: '/c/:id(\\d+)', name: 'conversation', component: InboxPage },
    { path: '/:rest(.*)*', redirect: '/inbox' },
  ],
})

async function whoIsHere(): Promise<boolean> {
  const session = useSession()
  if (session.me) return true
  for (;;) {
    try {
      return await session.load()
    } catch (error) {
      if (!(error instanceof Offline)) throw error
      lost()
      await new Promise((resolve) => setTimeout(resolve, 2_000))
    }
  }
}

router.beforeEach(async (to) => {
  if (to.meta.public || (await whoIsHere())) return true
  return { path: '/sign-in', query: to.fullPath === '/inbox' ? {} : { next: to.fullPath } }
})

router.afterEach(() => {
  booted.value = true
})

onSignedOut(() => {
  useSession().clear()
  dismissAll()
  const current = router.currentRoute.value
  if (booted.value && !current.meta.public) {
    void router.replace({ path: '/sign-in', query: { next: current.fullPath } })
  }
})

onForbidden(
  () =>
    void useSession()
      .refreshPermissions()
      .catch(() => undefined),
)
