import { expect, test } from 'vitest'
import { options } from '#runtime/options.ts'
import { parseAddress, readSettings, SettingsError, showAddress } from '#runtime/settings.ts'

test('a flag wins over the environment, which wins over the file, which wins over the default', () => {
  const file = { data: 'from-file', plants: 'from-file', store: 'from-file' }
  const env = { BAIYUAN_DATA: 'from-env', BAIYUAN_PLANTS: 'from-env' }
  const read = readSettings(options, { argv: ['--data', 'from-flag', '--no-simulator'], env, file })
  expect(read).toMatchObject({
    data: 'from-flag',
    plants: 'from-env',
    store: 'from-file',
    noSimulator: true,
    empty: false,
  })
  expect(read.mqtt).toEqual({ host: '127.0.0.1', port: 1883 })
})

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return null
}

test.each([
  [{ BAIYUAN_LAN: 'yes' }, {}, true],
  [{ BAIYUAN_LAN: 'no' }, { lan: true }, false],
  [{}, { lan: true }, true],
  [{}, {}, false],
])('a switch is written yes or no, true or false, 1 or 0: %j %j', (env, file, lan) => {
  expect(readSettings(options, { env, file }).lan).toBe(lan)
})

test('every fault is listed, each named by where it was written', () => {
  const argv = ['--http', 'nonsense', '--colour', 'red', '--mqtt']
  const env = { BAIYUAN_EMPTY: 'maybe' }
  const thrown = thrownBy(() => readSettings(options, { argv, env, file: { speed: 9 } }))
  expect(thrown).toBeInstanceOf(SettingsError)
  expect((thrown as SettingsError).faults).toEqual([
    expect.stringContaining('--colour is no option'),
    expect.stringContaining('red is no option'),
    '--mqtt needs a value',
    'baiyuan.yaml: speed is no setting',
    '--http: "nonsense" is no HOST:PORT',
    'BAIYUAN_EMPTY: "maybe" is neither true nor false',
  ])
})

test.each([
  ['127.0.0.1:1883', { host: '127.0.0.1', port: 1883 }],
  ['[::1]:0', { host: '::1', port: 0 }],
  [':8080', { host: '127.0.0.1', port: 8080 }],
  ['plant.local:9', { host: 'plant.local', port: 9 }],
])('%s is an address', (text, address) => {
  expect(parseAddress(text)).toEqual(address)
  expect(parseAddress(showAddress(address))).toEqual(address)
})

test.each(['', '1883', 'host:', 'host:70000', 'a:b:1', 'host:-1'])('"%s" is no address', (text) => {
  expect(() => parseAddress(text)).toThrow(/HOST:PORT/)
})
