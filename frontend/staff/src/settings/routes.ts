import type { RouteRecordRaw } from 'vue-router'

/** Everything below /settings; what somebody may not do is not shown, and the server refuses it. */
export const settingsRoutes: RouteRecordRaw[] = [
  {
    path: '/settings',
    component: () => import('./SettingsPage.vue'),
    redirect: '/settings/profile',
    children: [
      { path: 'profile', component: () => import('./ProfilePage.vue') },
      { path: 'security', component: () => import('./SecurityPage.vue') },
      { path: 'tokens', component: () => import('./TokensPage.vue') },
      { path: 'stores', component: () => import('./StoresPage.vue') },
      { path: 'inboxes', component: () => import('./InboxesPage.vue') },
      { path: 'shops', component: () => import('./ShopsPage.vue') },
      { path: 'recognition', component: () => import('./RecognitionPage.vue') },
      { path: 'limits', component: () => import('./LimitsPage.vue') },
      { path: 'letterheads', component: () => import('./LetterheadsPage.vue') },
      { path: 'masking', component: () => import('./MaskingPage.vue') },
      { path: 'consents', component: () => import('./ConsentsPage.vue') },
      { path: 'retention', component: () => import('./RetentionPage.vue') },
      { path: 'staff', component: () => import('./StaffPage.vue') },
      { path: 'teams', component: () => import('./TeamsPage.vue') },
      { path: 'tags', component: () => import('./TagsPage.vue') },
      { path: 'webhooks', component: () => import('./WebhooksPage.vue') },
      { path: 'access-log', component: () => import('./AccessLogPage.vue') },
      { path: 'jobs', component: () => import('./JobsPage.vue') },
    ],
  },
]
