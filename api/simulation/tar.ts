/** A POSIX ustar archive of a few text files: a header block of 512 bytes, the bytes padded to 512, two empty blocks at the end. */

export type TarFile = { readonly name: string; readonly text: string }

const BLOCK = 512
/** Bytes that the name field holds. */
const MAX_NAME = 100

/** `seconds`: time of the files, s since 1970. Throws for a name of over 100 bytes. */
export function tarOf(files: readonly TarFile[], seconds: number): Buffer {
  const parts = files.flatMap(({ name, text }) => {
    const bytes = Buffer.from(text)
    return [
      header(name, bytes.length, seconds),
      bytes,
      Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK),
    ]
  })
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

// IEEE 1003.1 pax, "ustar Interchange Format": offset and length of each field
function header(name: string, size: number, seconds: number): Buffer {
  const block = Buffer.alloc(BLOCK)
  if (Buffer.byteLength(name) > MAX_NAME)
    throw new Error(`${name}: a name in an archive has at most ${MAX_NAME} bytes`)
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, length, 'ascii')
  block.write(name, 0, MAX_NAME, 'utf8')
  octal(0o644, 100, 8) // mode
  octal(0, 108, 8) // uid
  octal(0, 116, 8) // gid
  octal(size, 124, 12)
  octal(seconds, 136, 12) // mtime
  block.write('        ', 148, 8, 'ascii') // the sum is taken with blanks in its own place
  block.write('0', 156, 1, 'ascii') // a regular file
  block.write('ustar\x0000', 257, 8, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'ascii')
  return block
}
