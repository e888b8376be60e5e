// Package record holds what a host tells its peers, and its form on the wire.
//
// A host sends one Report per interval, in one packet of at most MaxPacket
// bytes if it fits and in up to MaxParts numbered ones if not, the most
// important things in the first. Each part is signed by itself and of use
// without the others.
//
// # The packet
//
//	 2  magic "DW"
//	 1  version of this layout
//	 1  flags: 1 a public key follows the header, 2 the payload is compressed
//	 1  kind of payload
//	 1  number of this part, from 0 on
//	 1  number of parts
//	16  host id: the first 16 bytes of the SHA-256 of the public key
//	 8  epoch: the start of the agent, rising over restarts and reboots
//	 8  sequence of the record in its epoch, the same in all its parts
//	 8  time when it was signed, Unix milliseconds
//	32  public key, in the first part only: who hears a host for the first time
//	    learns it from any record, also of a host that cannot be asked
//	 …  payload
//	64  Ed25519 signature (with a context, which no other use of the key has)
//	    over all of the above
//
// Numbers of fixed size are big endian.
//
// # The payload
//
// A table of the strings used (their number, then each with its length), then
// the fields of the report. A field is a number tag<<1|form and a value: form
// 0 is one number (also the place of a string in the table), form 1 is a
// length and that many bytes. Fields come in the order of their tags, those
// not known are skipped, and what is absent is not there. All numbers are
// variable-length (LEB128), signed ones zigzag. The whole is compressed by
// zstd with a dictionary if that makes it smaller.
package record
