/** A second factor as the sign-in interface lists it; times are seconds since 1970. */
export interface Authenticator {
  type: 'totp' | 'recovery_codes' | 'webauthn'
  created_at: number
  last_used_at: number | null
  id?: number
  name?: string
  is_passwordless?: boolean
  unused_code_count?: number
  total_code_count?: number
  unused_codes?: string[]
}
