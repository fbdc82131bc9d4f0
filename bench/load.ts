/**
 * Load as a process of its own, so that it costs the measured ones nothing but the core it runs on. Reads one JSON job from the command
 * line and prints one JSON result.
 *
 *   node bench/load.ts '{"host":"127.0.0.1","port":1883,"accounts":[{"clientId":"…","username":"…","password":"…","topic":"…"}],
 *                        "inFlight":4,"seconds":60,"rate":0,"bytes":148}'
 */
import { runLoad, type Job } from '../simulators/load/load.ts'

const result = await runLoad(JSON.parse(process.argv[2] ?? '') as Job)
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)
