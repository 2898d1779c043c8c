import type { RouteRecordRaw } from 'vue-router'

/** Signing in and everything before there is somebody signed in. */
export const authRoutes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', component: () => import('./SignInPage.vue'), meta: { public: true } },
  {
    path: '/sign-in/forgotten',
    name: 'forgotten',
    component: () => import('./ForgottenPage.vue'),
    meta: { public: true },
  },
  { path: '/sign-in/reset/:key', name: 'reset', component: () => import('./ResetPage.vue'), meta: { public: true } },
  { path: '/sign-out', name: 'sign-out', component: () => import('./SignOutPage.vue'), meta: { public: true } },
]
