package dropmon

// A Class says how much a drop matters.
type Class string

// The classes of design.
const (
	Loss   Class = "loss"   // data or a connection attempt was really lost
	Policy Class = "policy" // somebody configured it
	Peer   Class = "peer"   // the sender is at fault
	Proto  Class = "proto"  // the protocol works as designed
	Benign Class = "benign" // not a loss
)
