package pcapfilter

// A node is a part of an expression that is true or false of a frame.
type node interface {
	// lower says what the node tests, given the headers that precede, and
	// moves on from those headers that it asks for itself.
	lower(l *lowerer) *condition
}

type notNode struct{ of node }

type joinNode struct {
	and         bool
	left, right node
}

// A qualifier is what stands before an address, a port or a protocol, and
// holds for those that follow it.
type qualifier struct {
	protocol  string // a keyword of protocols, or empty
	direction string // src, dst, or, and, or empty
	kind      string // host, net, port, portrange, proto, protochain, or empty
	given     bool
}

// An idNode is an address, a port or a protocol with its qualifier.
type idNode struct {
	qualifier qualifier
	token     token
	length    *token // of a prefix: the number after /
	mask      *token // the address after the word mask
}

// A protocolNode is the name of a protocol alone.
type protocolNode struct {
	protocol string
	offset   int
}

// A castNode is "broadcast" or "multicast".
type castNode struct {
	protocol  string
	multicast bool
	offset    int
}

// A sizeNode is "less" or "greater".
type sizeNode struct {
	greater bool
	limit   uint32
}

// A byteNode is byte N = V, and the like.
type byteNode struct {
	index, value uint32
	relation     string // =, < or >
}

// An encapsulationNode is "vlan", "mpls", "pppoed" or "pppoes".
type encapsulationNode struct {
	kind   string
	offset int
	number *token // what to ask of it, or nil
}

// An llcNode is "llc", which may be followed by the name of a kind of frame.
type llcNode struct {
	kind   string
	offset int
}

type relationNode struct {
	relation    string
	left, right *arithmetic
	offset      int
}

// An arithmetic is a number, "len", a load from the frame, or an operation.
type arithmetic struct {
	operator    string // number, len, load, negative, or as written
	number      uint32
	protocol    string // whose header is loaded from
	size        uint32 // of what is loaded
	sizeOffset  int
	left, right *arithmetic // the only operand, or the index, is left
	offset      int
}
