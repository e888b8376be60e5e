// Package admit decides which packets of peers are taken.
//
// A Gate makes the cheap checks first. CheckPacket looks at where a packet comes
// from and at how many come from there, before it is decrypted. Admit looks at size
// and header, then at the key, epoch and sequence, time; then at the rate of records
// of the source and that of all strangers, since what follows costs most: the
// signature, and only after it the payload. So a flood costs little, and no byte
// that is not signed by an accepted host reaches the decompressor. Every refusal is
// counted by kind, none is logged; the last one of each kind can be asked for.
//
// Sources that have sent a good record lately are kept apart from strangers
// and do not share their common limit: a flood of invented addresses shuts out
// new hosts, but not those that are known to send from where they are. The rate of
// records is counted for packets that were decrypted and are no replays, and is
// low; that of packets, which anybody uses up who can send under the address of a
// host, is ten times as high.
//
// # Replay
//
// Of each host the gate knows the highest epoch and sequence, and which parts
// of that record came. Anything older is refused, so is a part that came
// already. Since packets can pass each other, a part of the record before is
// lost when one of the next record came first.
//
// To keep this over a restart without a write for each record, the file holds
// a mark that is Ahead records further than the last one taken, and a record
// beyond the mark is taken only after the mark was moved, on the disk. An agent
// that was killed therefore finds a mark no lower than what it had taken, and
// refuses a host's next records up to it, at most Ahead of them; one that was
// stopped finds the exact numbers. If the file cannot be written, as on a full
// disk, records are taken nevertheless, and SaveError tells: until then only a
// restart would reopen replay, and only of records younger than Skew.
package admit
