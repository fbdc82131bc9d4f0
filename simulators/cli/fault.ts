/**
 * `npm run fault -- list | start <fault> | stop <id>`: what can go wrong in the simulated plants of a running installation, switched while they
 * run. Prints one line of JSON. A fault is written as `--fault` of the simulate command writes it.
 */
import path from 'node:path'
import { Command } from 'commander'
import type { FaultList, FaultRow } from '#contract/local.ts'
import { callLocal, LocalError, socketPath } from '#runtime/local.ts'
import { faultOf } from './faultFlag.ts'
import { instantOf } from './instant.ts'

type Flags = { data: string; firm: string; from?: number; to?: number; kinds?: true }

const program = new Command('fault').description('faults of simulated plants').showHelpAfterError()

const command = (name: string, help: string) =>
  program
    .command(name)
    .description(help)
    .option('--data <dir>', 'folder of the installation', process.env['BAIYUAN_DATA'] ?? 'data')

const ask = <T>(flags: Flags, method: 'GET' | 'POST', route: string, body?: object): Promise<T> =>
  callLocal<T>(socketPath(path.resolve(flags.data), 'simulators'), method, route, body)

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

command('list', 'faults in force, or with --kinds all that can be switched on')
  .option('--kinds', 'every fault by name, with its parameters')
  .action(async (flags: Flags) => {
    const { kinds, running } = await ask<FaultList>(flags, 'GET', '/faults')
    print(flags.kinds ? kinds : running)
  })
command('start', 'switches a fault on')
  .argument('<fault>', 'name[@machine,…][:parameter=value,…]; p is the probability')
  .option('--firm <firm>', 'the simulated firm', 'demo-a')
  .option('--from <time>', 'begins (Asia/Shanghai; default now)', instantOf)
  .option('--to <time>', 'ends (default: when it is stopped)', instantOf)
  .action(async (text: string, flags: Flags) => {
    const times = {
      ...(flags.from === undefined ? {} : { from: flags.from }),
      ...(flags.to === undefined ? {} : { to: flags.to }),
    }
    print(await ask<FaultRow>(flags, 'POST', '/faults', { ...faultOf(text, flags.firm), ...times }))
  })
command('stop', 'switches a fault off')
  .argument('<id>')
  .action(async (id: string, flags: Flags) => print(await ask(flags, 'POST', '/faults/stop', { id })))

try {
  await program.parseAsync()
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  const nobody = code === 'ENOENT' || code === 'ECONNREFUSED'
  process.stderr.write(
    `${nobody ? 'no simulators run there: start the installation, or check --data' : message}\n`,
  )
  process.exitCode = error instanceof LocalError ? 1 : 78
}
