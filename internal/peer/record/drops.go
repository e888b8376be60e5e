package record

// Drops are the packets a host lost in its last interval.
type Drops struct {
	Source  string  `json:"source,omitempty" wire:"1,max=16"`
	Seconds float64 `json:"seconds" wire:"2,scale=1000"` // length of the interval

	Packets uint64 `json:"packets" wire:"3"`
	Lost    uint64 `json:"lost" wire:"4"`
	Benign  uint64 `json:"benign" wire:"5"`
	// Missed is how many drops the host itself failed to see, AtLeast that
	// there were more and nobody knows how many.
	Missed  *uint64 `json:"missed,omitempty" wire:"6"`
	AtLeast bool    `json:"at_least,omitempty" wire:"7"`

	Classes  []Class   `json:"classes,omitzero" wire:"8,items=8"`
	Rows     []Row     `json:"rows,omitzero" wire:"9"`      // most packets first
	Counters []Counter `json:"counters,omitzero" wire:"10"` // least explained first
}

// A Class sums up the drops that matter alike.
type Class struct {
	Class   string   `json:"class" wire:"1,max=16"`
	Packets uint64   `json:"packets" wire:"2"`
	Rate    *float64 `json:"packets_per_second,omitempty" wire:"3,scale=100"`
}

// A Row is drops that are alike.
type Row struct {
	Packets   uint64  `json:"packets" wire:"1"`
	Bytes     *uint64 `json:"bytes,omitempty" wire:"2"`
	Reason    string  `json:"reason,omitempty" wire:"3,max=64"`
	Subsystem string  `json:"subsystem,omitempty" wire:"4,max=32"`
	Class     string  `json:"class,omitempty" wire:"5,max=16"`
	Discard   *uint64 `json:"discard,omitempty" wire:"6"` // code of the sFlow registry
	Function  string  `json:"function,omitempty" wire:"7,max=96"`
	NetNS     string  `json:"netns,omitempty" wire:"8,max=64"`
	Interface string  `json:"interface,omitempty" wire:"9,max=32"`
	Transport string  `json:"transport,omitempty" wire:"10,max=16"`
	Process   string  `json:"process,omitempty" wire:"11,max=32"`
	Culprit   string  `json:"culprit,omitempty" wire:"12,max=128"`
	Cause     string  `json:"cause,omitempty" wire:"13,max=64"` // its name in the knowledge base
	Text      string  `json:"text,omitempty" wire:"14,max=160"` // the cause in short

	// The ends of one of the flows.
	Source      Endpoint `json:"source,omitzero" wire:"15"`
	Destination Endpoint `json:"destination,omitzero" wire:"16"`
}

// A Counter is one that means loss and rose more than the drops explain.
type Counter struct {
	Name        string `json:"name" wire:"1,max=96"`
	NetNS       string `json:"netns,omitempty" wire:"2,max=64"`
	Delta       uint64 `json:"delta" wire:"3"`
	Unexplained uint64 `json:"unexplained" wire:"4"`
}
