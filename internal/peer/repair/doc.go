// Package repair lets collectors make good what datagrams lost.
//
// A collector keeps the newest record of each host in a Store, as the signed
// packets it came in. Now and then it sends another collector a digest of what
// it holds. The other one answers with the packets it has beyond that, in
// bundles, and with a digest of its own if there is something it lacks; that one
// is answered with bundles only, so no exchange goes on for ever. After it both
// hold the same. Nothing of records that all have is sent again.
//
// There is no network here, no clock and no goroutine.
//
// # Trust
//
// A digest proves nothing, and changes nothing in a Store: it only tells what
// to send. The packets of a bundle are protected by the signatures of their
// hosts and go through the gate of the receiver like any others, as handed on by
// a member; only what it takes is Put. What one member can ask for by lying is
// bounded by a Limiter. A gate that refuses some of many packets, because it
// cannot store as many marks at once, is sent those again next time.
//
// # Messages
//
//	2  magic "DQ"
//	1  version
//	1  kind: 1 digest, 2 bundle
//
// A digest goes on with
//
//	1  flags: 1 the receiver should send a digest back if it lacks something
//	1  length of the name of the sender, and the name
//	…  to the end, for each host, in the order of the ids, each only once:
//	   16  host id
//	    …  epoch, a variable-length number (LEB128)
//	    …  sequence, likewise
//	    1  parts that are held, part 0 the lowest bit; not none
//
// and a bundle, to the end, with packets, each after its length, a
// variable-length number.
package repair
