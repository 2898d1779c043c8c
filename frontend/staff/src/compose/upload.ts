import { csrfToken } from '../api/http'

export interface UploadedFile {
  id: number
  name: string
  size: number
  type: string
}

/** A file on its way up, or there. */
export interface Upload {
  key: number
  name: string
  size: number
  type: string
  /** 0 to 1 */
  progress: number
  state: 'going' | 'done' | 'failed'
  id: number | null
  reason: string
}

export class UploadFailed extends Error {
  readonly status: number

  constructor(status: number) {
    super(`upload failed: ${status}`)
    this.status = status
  }
}

/** Send one file; `progress` hears 0 to 1. Aborting the signal stops it (AbortError). */
export function uploadFile(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<UploadedFile> {
  return new Promise((resolve, reject) => {
    // fetch cannot tell how much has gone up; XMLHttpRequest can.
    const request = new XMLHttpRequest()
    const stop = () => request.abort()
    signal.addEventListener('abort', stop)
    request.open('POST', '/api/v1/attachments')
    request.setRequestHeader('X-CSRFToken', csrfToken())
    request.responseType = 'json'
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total)
    request.onload = () => {
      if (request.status === 201) resolve(request.response as UploadedFile)
      else reject(new UploadFailed(request.status))
    }
    request.onerror = () => reject(new UploadFailed(0))
    request.onabort = () => reject(new DOMException('cancelled', 'AbortError'))
    request.onloadend = () => signal.removeEventListener('abort', stop)
    const form = new FormData()
    form.append('file', file, file.name)
    request.send(form)
  })
}
