/** Who looks, at which firm: the session, the firms it may see, and the plant of the chosen one. */
import { computed, shallowRef, watch } from 'vue'
import { feed, leave, reconnect, watchFirm } from './live/feed.ts'
import { type Failure, onSignedOut, rest } from './server/rest.ts'
import type { FirmRow, MachineView, PlantView, Session } from './server/shapes.ts'

const session = shallowRef<Session | null>(null)
const firms = shallowRef<readonly FirmRow[]>([])
const plant = shallowRef<PlantView | null>(null)
const failure = shallowRef<{ what: 'session' | 'firms' | 'plant'; failure: Failure } | null>(null)
const loading = shallowRef(false)
const ended = shallowRef<'expired' | 'revoked' | null>(null)
/** The session was asked for once; before that, nobody is sent to the sign-in. */
let asked = false

export const seat = { session, firms, plant, failure, loading, ended } as const

export const may = (deed: string): boolean => session.value?.may.includes(deed) ?? false
export const machineByPath = computed(
  () => new Map<string, MachineView>((plant.value?.machines ?? []).map((machine) => [machine.path, machine])),
)

/** The session of this browser, asked once; null: nobody is signed in. */
export async function askSession(): Promise<Session | null> {
  if (asked) return session.value
  const answer = await rest.session()
  if (answer.ok) {
    session.value = answer.value
    asked = true
    failure.value = null
  } else if (answer.failure.status === 401) {
    asked = true
    failure.value = null
  } else failure.value = { what: 'session', failure: answer.failure }
  return session.value
}

export function signedIn(next: Session): void {
  asked = true
  ended.value = null
  session.value = next
}

export async function signOut(): Promise<void> {
  await rest.signOut()
  drop(null)
}

function drop(why: 'expired' | 'revoked' | null): void {
  leave()
  ended.value = why
  session.value = null
  firms.value = []
  plant.value = null
}

/** Loads the firms, chooses the wanted one or the first, and begins to watch it. Answers the firm that is now shown. */
export async function chooseFirm(wanted: string | null): Promise<string | null> {
  // A firm that is not in the list may have been made since: a simulation just started.
  if (firms.value.length === 0 || (wanted !== null && firms.value.every(({ firm }) => firm !== wanted))) {
    loading.value = true
    const answer = await rest.firms()
    loading.value = false
    if (!answer.ok) {
      failure.value = { what: 'firms', failure: answer.failure }
      return null
    }
    firms.value = answer.value
  }
  const chosen = firms.value.find((row) => row.firm === wanted) ?? firms.value[0]
  if (!chosen) return null
  if (plant.value?.firm !== chosen.firm) await loadPlant(chosen.firm)
  watchFirm(chosen.firm, { goodbye: drop, refused: () => void comeBack() })
  return chosen.firm
}

async function loadPlant(firm: string): Promise<void> {
  loading.value = true
  const answer = await rest.plant(firm)
  loading.value = false
  if (answer.ok) {
    plant.value = answer.value
    failure.value = null
  } else failure.value = { what: 'plant', failure: answer.failure }
}

/** After the server refused the socket: signed out, or only restarted? */
async function comeBack(): Promise<void> {
  const answer = await rest.session()
  if (answer.ok) setTimeout(reconnect, 1000)
  else if (answer.failure.status === 401) drop('expired')
  else setTimeout(() => void comeBack(), 3000)
}

onSignedOut(() => {
  if (session.value) drop('expired')
})

// A changed plant file reaches an open wall without a reload.
watch(feed.events, (events) => {
  if (events.at(-1)?.kind === 'plant.changed' && plant.value) void loadPlant(plant.value.firm)
})
