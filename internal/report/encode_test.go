package report

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fill sets all that is in a value, so that a field added later is there too.
// Texts are taken in turn.
func fill(v reflect.Value, texts []string, n *int) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(1700000000+int64(*n), 120000000).UTC()))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), texts, n)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), texts, n)
		}
	case v.Kind() == reflect.String:
		v.SetString(texts[*n%len(texts)])
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), texts, n)
	case v.Kind() == reflect.Slice:
		v.SetBytes([]byte{1, 2, 3, 255})
	case v.CanUint():
		v.SetUint(uint64(*n))
	case v.CanInt():
		v.SetInt(int64(-*n))
	}
}

// want is what encoding/json makes of a packet.
func want(t *testing.T, p *Packet) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func checkLine(t *testing.T, p *Packet) {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteLine(&b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want(t, p), b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestPacketLine(t *testing.T) {
	texts := []string{"plain", `"quoted" \ <&>`, "line\nend", "Größe", "\xff\u2028", "x"}
	var full Packet
	n := 0
	fill(reflect.ValueOf(&full).Elem(), texts, &n)
	checkLine(t, &full)

	// the same with one part missing at a time, and with one alone
	v := reflect.ValueOf(&full.Drop).Elem()
	for i := range v.NumField() {
		lacks := full
		reflect.ValueOf(&lacks.Drop).Elem().Field(i).SetZero()
		checkLine(t, &lacks)
		var alone Packet
		reflect.ValueOf(&alone.Drop).Elem().Field(i).Set(v.Field(i))
		checkLine(t, &alone)
	}
	for _, p := range []Packet{
		{}, {Drop: Drop{Flow: &Flow{}}}, {Drop: Drop{Flow: &Flow{Destination: "a"}}},
		{Drop: Drop{Interface: &Interface{}}}, {Drop: Drop{Interface: &Interface{Name: "lo"}}},
		{Drop: Drop{Location: &Location{}, NetNS: &NetNS{}, Process: &Process{}, Trap: &Trap{}, Sample: &Sample{}}},
		{Time: time.Date(2024, 2, 29, 1, 2, 3, 4, time.FixedZone("", 3600))},
		{Time: time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)},
	} {
		checkLine(t, &p)
	}
}

func TestPacketLineOfBadTime(t *testing.T) {
	p := Packet{Time: time.Date(12024, 1, 1, 0, 0, 0, 0, time.UTC)}
	if err := p.WriteLine(io.Discard); err == nil {
		t.Error("a year of five digits has no form in JSON")
	}
}

func FuzzPacketLine(f *testing.F) {
	f.Add("eth0", "\xff\"\\\u2028<>&\x00", uint64(7), int64(1700000000))
	f.Fuzz(func(t *testing.T, name, text string, number uint64, second int64) {
		p := Packet{
			Schema: name, Time: time.Unix(second%(1<<33), int64(number%1e9)).UTC(), Data: []byte(text), Length: uint32(number),
			Drop: Drop{
				Packets: number, Origin: text, Reason: text, Location: &Location{Symbol: text, Offset: number},
				Interface: &Interface{Name: name}, Process: &Process{Name: text}, Flow: &Flow{Source: text, Destination: name},
			},
		}
		if p.Time.Year() < 0 || p.Time.Year() > 9999 {
			t.Skip("no form in JSON")
		}
		checkLine(t, &p)
	})
}

// samplePacket is what most packets look like.
func samplePacket() Packet {
	return Packet{
		Schema: PacketSchema, Time: time.Unix(1700000000, 123456789).UTC(), Length: 105, Data: make([]byte, 119), Link: true,
		Drop: Drop{
			Packets: 1, Buffers: 1, Bytes: 105, Reason: "NETFILTER_DROP", Subsystem: "core", Class: "policy", Origin: "software",
			Location:  &Location{Address: "0xffffffff81884b72", Symbol: "nf_hook_slow", Offset: 2466},
			Interface: &Interface{Index: 1}, Protocol: "IPv4", Transport: "UDP",
			Flow:  &Flow{Source: "127.0.0.1:40000", Destination: "127.0.0.1:9"},
			Cause: "A rule of the packet filter dropped it.", Advice: "Look for the rule: nft list ruleset.",
		},
	}
}

func TestPacketLineAllocates(t *testing.T) {
	p := samplePacket()
	if n := testing.AllocsPerRun(100, func() {
		if err := p.WriteLine(io.Discard); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations for a line", n)
	}
}

func BenchmarkPacketLine(b *testing.B) {
	p := samplePacket()
	b.ReportAllocs()
	for b.Loop() {
		if err := p.WriteLine(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPacketText(b *testing.B) {
	p := samplePacket()
	b.ReportAllocs()
	for b.Loop() {
		if err := (Text{}).Packet(io.Discard, &p); err != nil {
			b.Fatal(err)
		}
	}
}
