package report

import (
	"bytes"
	"testing"
)

func TestDoctorText(t *testing.T) {
	d := Doctor{
		Schema: DoctorSchema, Host: "web1", Kernel: "6.12.0",
		Sources: []DoctorSource{
			{Name: "ebpf", Why: "load the eBPF drop program: permission denied: CAP_BPF and CAP_PERFMON are missing; run with sudo"},
			{Name: "netdm", Usable: true, Chosen: true, Tells: []string{"reason", "location"}, Notes: []string{"listening only"}},
			{Name: "tracefs", Usable: true, Tells: []string{"location"}},
		},
		Symbols:  DoctorSymbols{Method: "none", Why: "the kernel hides its addresses"},
		Counters: []DoctorCounter{{Name: "/proc/net/snmp", Readable: true}, {Name: "/proc/net/snmp6", Why: "this kernel does not have it"}},
		Hidden:   []string{"the sockets of 3 processes cannot be seen: run as root"},
		Blind:    []DoctorBlind{{What: "A SYN met a full accept queue.", Counters: []string{"TcpExt.ListenDrops"}}, {What: "No counter shows this."}},
	}
	var b bytes.Buffer
	if err := d.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "doctor", b.Bytes())
	b.Reset()
	d.Clock.Synchronized, d.Symbols = true, DoctorSymbols{Method: "kallsyms"}
	if err := d.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "doctor.json", b.Bytes())
}
