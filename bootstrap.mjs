// Runs a module on the pinned Node, installing what is missing first.
//   node bootstrap.mjs                  install only
//   node bootstrap.mjs main.ts ...      install if needed, then run main.ts
//   node bootstrap.mjs vitest run ...   install if needed, then run a tool of node_modules/.bin
// Plain JavaScript without dependencies, because it is the one file that any Node >= 18 must be able to read.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import module from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = path.dirname(fileURLToPath(import.meta.url))
const at = (...parts) => path.join(root, ...parts)
const say = (text) => process.stderr.write(`[bootstrap] ${text}\n`)
const stop = (text) => {
  say(text)
  process.exit(1)
}
const readIf = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '')

const lockText = readIf(at('package-lock.json')) || stop('package-lock.json is missing: check the clone.')
const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
const stamp = `${createHash('sha256').update(lockText).digest('hex')} ${platform}`
const stampFile = at('node_modules', '.bootstrap')
const lockFile = at('.bootstrap.lock')
const pinned = JSON.parse(lockText).packages[`node_modules/node-${platform}`]
const binary = process.platform === 'win32' ? 'node.exe' : 'node'
const pinnedNode = at('node_modules', `node-${platform}`, 'bin', binary)

if (readIf(stampFile) !== stamp) await install()
run(process.argv.slice(2))

/** Runs the target in this process when it already is new enough, else on the pinned Node as a child. */
function run([target, ...rest]) {
  if (!target) return
  const file = target.endsWith('.ts') ? at(target) : at('node_modules', target, binaryOf(target))
  process.env.PATH = at('node_modules', '.bin') + path.delimiter + (process.env.PATH ?? '')
  // What is compiled is kept, by content: each of the five processes then starts with about half the work.
  process.env.NODE_COMPILE_CACHE ??= at('.cache', 'compiled')
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    process.argv = [process.execPath, file, ...rest]
    module.enableCompileCache()
    void import(pathToFileURL(file).href)
    return
  }
  const child = spawn(pinnedNode, [file, ...rest], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => stop(`the pinned Node could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}

function binaryOf(name) {
  const { bin } = JSON.parse(fs.readFileSync(at('node_modules', name, 'package.json'), 'utf8'))
  return typeof bin === 'string' ? bin : bin[name]
}

async function install() {
  await takeLock()
  try {
    const had = readIf(stampFile)
    if (had === stamp) return // another installer finished while this one waited
    const node = await nodeForInstall()
    // A complete but older tree is updated in place: `npm ci` would delete it first and leave nothing when offline.
    const verb = had ? ['install', '--no-save'] : ['ci']
    say(`installing packages (npm ${verb.join(' ')}) ...`)
    npm(node, [...verb, '--include=dev', '--include=optional'], root)
    fs.writeFileSync(stampFile, stamp) // last: a stamp means that everything before it was done
    fs.rmSync(at('.node'), { recursive: true, force: true })
  } finally {
    fs.rmSync(lockFile, { force: true })
  }
}

/** npm leaves out, without a word, packages whose engines exclude the Node it runs on: so it must run on the pinned one. */
async function nodeForInstall() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  if (!pinned) stop(`no Node is pinned for ${platform}: install Node 24 or newer and run this again.`)
  const folder = at('.node')
  const copy = path.join(folder, 'node_modules', `node-${platform}`, 'bin', binary)
  const wanted = `node-${platform}@${pinned.version}`
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder)
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  say(`fetching ${wanted} ...`)
  npm(process.execPath, ['install', '--no-save', '--ignore-scripts', '--force', wanted], folder)
  const fetched = JSON.parse(fs.readFileSync(path.join(folder, 'node_modules', '.package-lock.json'), 'utf8'))
  if (fetched.packages[`node_modules/node-${platform}`]?.integrity !== pinned.integrity)
    stop(`${wanted} is not the file that package-lock.json names: refusing to run it.`)
  const works = spawnSync(copy, ['--version'])
  if (works.status !== 0)
    stop(`${wanted} does not run here (musl?): install Node 24 or newer and run this again.`)
  return copy
}

function npm(node, args, cwd) {
  const cli = npmCli()
  const env = { ...process.env }
  // Settings of the outer npm command leak into the inner one and would change what it installs.
  for (const key of Object.keys(env))
    if (
      /^npm_config_(prefix|local_prefix|global|omit|include|production|ignore_scripts|workspaces?|location|dry_run)$/i.test(
        key,
      ) ||
      key === 'NODE_OPTIONS'
    )
      delete env[key]
  const done = spawnSync(node, [cli, ...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    env,
    stdio: ['ignore', 2, 2],
  })
  if (done.status !== 0)
    stop(
      `npm ${args[0]} failed: see its message above; the network or the disk is the usual reason. Nothing was marked as installed.`,
    )
}

function npmCli() {
  const tries = [
    process.env.npm_execpath,
    path.join(path.dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(path.dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...(process.env.PATH ?? '').split(path.delimiter).map((dir) => {
      const file = path.join(dir, 'npm')
      return fs.existsSync(file) ? fs.realpathSync(file) : ''
    }),
  ]
  return (
    tries.find((file) => file?.endsWith('npm-cli.js') && fs.existsSync(file)) ??
    stop('npm was not found: install npm, or start with "npm start".')
  )
}

/** One installer at a time; the lock holds its owner's pid, so a dead owner's is taken over. */
async function takeLock() {
  const mine = `${lockFile}.${process.pid}`
  fs.writeFileSync(mine, String(process.pid))
  try {
    for (let told = false; ; await new Promise((done) => setTimeout(done, 300))) {
      try {
        fs.linkSync(mine, lockFile) // atomic: fails when the lock exists
        return
      } catch (error) {
        if (error.code !== 'EEXIST') stop(`this folder cannot be written (${error.code}): ${root}`)
      }
      const owner = Number(readIf(lockFile))
      if (owner && !alive(owner)) fs.rmSync(lockFile, { force: true })
      else if (!told) {
        say(`waiting for another installation (pid ${owner}) ...`)
        told = true
      }
    }
  } finally {
    fs.rmSync(mine, { force: true })
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
