package record

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
)

// randomReport fills a report with anything that the fields can hold: absent,
// zero, extreme.
func randomReport(r *rand.Rand) *Report {
	report := new(Report)
	randomStruct(r, reflect.ValueOf(report).Elem(), reportPlan)
	return report
}

func randomStruct(r *rand.Rand, v reflect.Value, p *plan) {
	for i := range p.fields {
		f := &p.fields[i]
		if r.IntN(4) == 0 {
			continue // absent
		}
		to := v.Field(f.index)
		if f.optional {
			to.Set(reflect.New(to.Type().Elem()))
			to = to.Elem()
		}
		randomValue(r, to, f)
	}
}

func randomValue(r *rand.Rand, v reflect.Value, f *field) {
	number := r.Uint64() >> r.IntN(64)
	if r.IntN(5) == 0 {
		number = 0
	}
	switch f.kind {
	case kindUint:
		v.SetUint(number)
	case kindInt:
		v.SetInt(int64(number))
	case kindFloat:
		v.SetFloat(float64(int64(number)>>14) / f.scale)
	case kindBool:
		v.SetBool(number&1 == 1)
	case kindText:
		v.SetString(randomText(r, f.max))
	case kindEnd:
		addr := netip.AddrFrom4([4]byte{byte(number), 2, 3, 4})
		if number&1 == 0 {
			addr = netip.AddrFrom16([16]byte{0xfe, 0x80, 15: byte(number)})
		}
		v.Set(reflect.ValueOf(Endpoint{addr, uint16(number)}))
	case kindStruct:
		randomStruct(r, v, f.of)
	case kindList:
		n := r.IntN(min(f.items, 20) + 1)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			randomStruct(r, v.Index(i), f.of)
		}
	}
}

var letters = []rune("abcdefghijkl 0123456789_-./:äß漢字")

// randomText has words again and again, as names do, and is at times as long
// as it may be.
func randomText(r *rand.Rand, n int) string {
	if r.IntN(3) == 0 {
		return pick(r, "eth0", "core", "NO_SOCKET", "peer")
	}
	length := r.IntN(12)
	if r.IntN(20) == 0 {
		length = n
	}
	var b strings.Builder
	for b.Len() < length {
		b.WriteRune(letters[r.IntN(len(letters))])
	}
	return cleanText(b.String(), n)
}
