/** English words of "open on a phone". */
export const enPhone = {
  phone: {
    title: 'Open on a phone',
    off: 'This installation is not open to the local network. Have it started with --lan (npm start -- --lan); if it was, this computer is on no local network yet.',
    trust:
      "The first time: save the CA certificate, bring it to the phone yourself (cable, AirDrop, your own mail), then install and trust it in the phone's certificate settings.",
    compare: 'While you install it, compare the SHA-256 fingerprint. It must be exactly this:',
    scan: 'With the phone on the same local network, scan the code and sign in with your own account. If the browser warns of the certificate, do not go on.',
    qr: 'QR code: {url}',
    only: "The code holds the address alone, no sign-in. The certificate is valid until {until}; when this computer's address changes, or before it expires, a new CA is made and has to be installed again.",
    save: 'Save the CA certificate',
    close: 'Close',
  },
}
