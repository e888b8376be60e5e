package record

// A Status is how a host is doing.
type Status struct {
	Uptime *uint64  `json:"uptime,omitempty" wire:"1"` // seconds
	Load1  *float64 `json:"load1,omitempty" wire:"2,scale=100"`
	Load5  *float64 `json:"load5,omitempty" wire:"3,scale=100"`
	Load15 *float64 `json:"load15,omitempty" wire:"4,scale=100"`
	CPUs   *uint64  `json:"cpus,omitempty" wire:"5"`
	CPU    *CPU     `json:"cpu,omitempty" wire:"6"`

	MemoryTotal     *uint64   `json:"memory_total,omitempty" wire:"7"` // bytes, as all of these
	MemoryAvailable *uint64   `json:"memory_available,omitempty" wire:"8"`
	SwapTotal       *uint64   `json:"swap_total,omitempty" wire:"9"`
	SwapAvailable   *uint64   `json:"swap_available,omitempty" wire:"10"`
	Pressure        *Pressure `json:"pressure,omitempty" wire:"11"`

	// UserCount is the number of logged-in users' terminals, also when Users
	// does not have them all.
	UserCount *uint64 `json:"user_count,omitempty" wire:"12"`
	Clock     *Clock  `json:"clock,omitempty" wire:"13"`

	// The most important ones come first in each list; those that find no room
	// are taken from the end.
	FileSystems []FileSystem `json:"file_systems,omitzero" wire:"14"` // fullest first
	Disks       []Disk       `json:"disks,omitzero" wire:"15"`
	Interfaces  []Interface  `json:"interfaces,omitzero" wire:"16"`
	Users       []User       `json:"users,omitzero" wire:"17"`
}

// A CPU holds shares of the time of all CPUs in the last interval, 0 to 1.
type CPU struct {
	Busy    *float64 `json:"busy,omitempty" wire:"1,scale=1000"` // all below
	User    *float64 `json:"user,omitempty" wire:"2,scale=1000"` // with nice
	System  *float64 `json:"system,omitempty" wire:"3,scale=1000"`
	SoftIRQ *float64 `json:"softirq,omitempty" wire:"4,scale=1000"`
	IRQ     *float64 `json:"irq,omitempty" wire:"5,scale=1000"`
	Steal   *float64 `json:"steal,omitempty" wire:"6,scale=1000"`
	IOWait  *float64 `json:"iowait,omitempty" wire:"7,scale=1000"` // not busy
}

// Pressure holds shares of the last 10 seconds, 0 to 1, in which some or all
// tasks waited.
type Pressure struct {
	CPUSome    *float64 `json:"cpu_some,omitempty" wire:"1,scale=10000"`
	MemorySome *float64 `json:"memory_some,omitempty" wire:"2,scale=10000"`
	MemoryFull *float64 `json:"memory_full,omitempty" wire:"3,scale=10000"`
	IOSome     *float64 `json:"io_some,omitempty" wire:"4,scale=10000"`
	IOFull     *float64 `json:"io_full,omitempty" wire:"5,scale=10000"`
}

// A Clock tells how far the host's clock can be trusted.
type Clock struct {
	Synchronised *bool    `json:"synchronised,omitempty" wire:"1"`
	Offset       *float64 `json:"offset,omitempty" wire:"2,scale=1e9"`    // seconds
	MaxError     *float64 `json:"max_error,omitempty" wire:"3,scale=1e9"` // seconds
}

// A FileSystem is space on a disk.
type FileSystem struct {
	Mount     string  `json:"mount" wire:"1,max=128"`
	Total     *uint64 `json:"total,omitempty" wire:"2"`     // bytes
	Available *uint64 `json:"available,omitempty" wire:"3"` // bytes, to users
}

// A Disk is what a block device did, per second of the last interval.
type Disk struct {
	Name       string   `json:"name" wire:"1,max=32"`
	ReadBytes  *uint64  `json:"read_bytes_per_second,omitempty" wire:"2"`
	WriteBytes *uint64  `json:"write_bytes_per_second,omitempty" wire:"3"`
	Reads      *float64 `json:"reads_per_second,omitempty" wire:"4,scale=10"`
	Writes     *float64 `json:"writes_per_second,omitempty" wire:"5,scale=10"`
	Busy       *float64 `json:"busy,omitempty" wire:"6,scale=1000"` // share, 0 to 1
}

// An Interface is a network device with its counters since it was made, and
// its rates in the last interval.
type Interface struct {
	Name      string  `json:"name" wire:"1,max=32"`
	Up        *bool   `json:"up,omitempty" wire:"2"`
	RxBytes   *uint64 `json:"rx_bytes,omitempty" wire:"3"`
	TxBytes   *uint64 `json:"tx_bytes,omitempty" wire:"4"`
	RxPackets *uint64 `json:"rx_packets,omitempty" wire:"5"`
	TxPackets *uint64 `json:"tx_packets,omitempty" wire:"6"`
	RxErrors  *uint64 `json:"rx_errors,omitempty" wire:"7"`
	TxErrors  *uint64 `json:"tx_errors,omitempty" wire:"8"`
	RxDrops   *uint64 `json:"rx_drops,omitempty" wire:"9"`
	TxDrops   *uint64 `json:"tx_drops,omitempty" wire:"10"`

	RxByteRate   *float64 `json:"rx_bytes_per_second,omitempty" wire:"11,scale=1"`
	TxByteRate   *float64 `json:"tx_bytes_per_second,omitempty" wire:"12,scale=1"`
	RxPacketRate *float64 `json:"rx_packets_per_second,omitempty" wire:"13,scale=10"`
	TxPacketRate *float64 `json:"tx_packets_per_second,omitempty" wire:"14,scale=10"`
}

// A User is logged in at a terminal.
type User struct {
	Name     string  `json:"name" wire:"1,max=64"`
	Terminal string  `json:"terminal,omitempty" wire:"2,max=32"`
	Origin   string  `json:"origin,omitempty" wire:"3,max=64"` // host or address
	Since    *int64  `json:"since,omitempty" wire:"4"`         // Unix seconds
	Idle     *uint64 `json:"idle,omitempty" wire:"5"`          // seconds
}
