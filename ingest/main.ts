/** ingest: journal -> readings, states, quarantine, ledger. The one writer of DIR/ledger and DIR/historian. */
import path from 'node:path'
import { closeLocal, followLocal, serveLocal, socketPath } from '#runtime/local.ts'
import { runProcess } from '#runtime/process.ts'
import { openHistorian } from '#store/historian/open.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import { Intake } from './intake.ts'
import { ingestMetrics } from './metrics.ts'
import { Mirror } from './mirror.ts'
import { createRoutes } from './routes.ts'

await runProcess('ingest', async ({ options, log, lifecycle }) => {
  const dir = options.data
  const historian = await lifecycle.start(
    'historian',
    () => openHistorian(options.store, { dir: path.join(dir, 'historian'), log }),
    (opened) => opened.close(),
  )
  const reader = await lifecycle.start(
    'journal',
    () =>
      openJournalReader(path.join(dir, 'journal'), {
        onDamage: (damage) => log.error(damage, 'journal damaged'),
      }),
    (opened) => opened.close(),
  )
  const intake = await lifecycle.start(
    'intake',
    async () => {
      const started = new Intake({ dir, reader, historian, log })
      await started.start()
      return started
    },
    (started) => started.stop(),
  )
  await lifecycle.start(
    'commits',
    () => followLocal(socketPath(dir, 'broker'), '/commits', () => intake.wake()),
    (end) => end(),
  )
  await lifecycle.start(
    'socket',
    () => serveLocal(socketPath(dir, 'ingest'), createRoutes(intake, historian, ingestMetrics(intake)), log),
    closeLocal,
  )
  if (options.mqtt.port !== 0) {
    const mirror = new Mirror({ socket: socketPath(dir, 'broker'), options, log })
    await lifecycle.start(
      'mirror',
      () => {
        intake.live.onChange = (machine) => mirror.changed(machine)
        mirror.start()
      },
      () => mirror.stop(),
    )
  }
  return {}
})
