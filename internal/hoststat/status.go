package hoststat

import "time"

// A Status is what a host told at one time. It is a plain value that belongs to
// whoever took it. What is absent (nil) is not known; see Missing.
type Status struct {
	Time time.Time `json:"time"`
	// IntervalSeconds is the time since the sample before, to which rates and CPU
	// shares refer. The first sample has none.
	IntervalSeconds *float64 `json:"interval_seconds,omitempty"`

	Host         string `json:"host,omitempty"`
	Kernel       string `json:"kernel,omitempty"`       // release, such as "6.12.107+deb13-amd64"
	Architecture string `json:"architecture,omitempty"` // of the kernel, such as "x86_64"
	// BootID changes with every start of the kernel.
	BootID        string     `json:"boot_id,omitempty"`
	BootTime      *time.Time `json:"boot_time,omitempty"`
	UptimeSeconds *float64   `json:"uptime_seconds,omitempty"`

	Load       *Load      `json:"load,omitempty"`
	Tasks      *Tasks     `json:"tasks,omitempty"`
	CPUsOnline *int       `json:"cpus_online,omitempty"`
	CPU        *CPUShares `json:"cpu,omitempty"`
	Memory     *Memory    `json:"memory,omitempty"`
	Swap       *Swap      `json:"swap,omitempty"`
	Pressure   *Pressure  `json:"pressure,omitempty"`

	// A list that is empty but not nil was read and has nothing in it.
	FileSystems []FileSystem `json:"file_systems,omitzero"`
	Disks       []Disk       `json:"disks,omitzero"`
	Interfaces  []Interface  `json:"interfaces,omitzero"`
	Users       []User       `json:"users,omitzero"`

	Clock *Clock `json:"clock,omitempty"`

	// LeftOut tells how much a list lacks because of a limit of the Config.
	LeftOut *LeftOut  `json:"left_out,omitempty"`
	Missing []Missing `json:"missing,omitempty"`
}

// LeftOut counts what did not fit.
type LeftOut struct {
	FileSystems int `json:"file_systems,omitempty"`
	Disks       int `json:"disks,omitempty"`
	Interfaces  int `json:"interfaces,omitempty"`
	Users       int `json:"users,omitempty"`
}

// A Missing says what could not be read.
type Missing struct {
	What string `json:"what"` // such as "pressure" or "interfaces"
	Why  string `json:"why"`
}

func (s *Status) miss(what string, err error) {
	s.Missing = append(s.Missing, Missing{What: what, Why: clean(err.Error(), maxWhy)})
}

// leave counts what a limit cuts off.
func (s *Status) leave(count int, where func(*LeftOut) *int) {
	if count <= 0 {
		return
	}
	if s.LeftOut == nil {
		s.LeftOut = &LeftOut{}
	}
	*where(s.LeftOut) += count
}
