package bpf

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	classic "golang.org/x/net/bpf"
)

func TestTranslateErrors(t *testing.T) {
	accept := classic.RawInstruction{Op: opReturn, K: 1}
	for name, test := range map[string]struct {
		code []classic.RawInstruction
		want string
	}{
		"one":               {[]classic.RawInstruction{accept}, ""},
		"nothing":           {nil, "0 instructions"},
		"most":              {many(maxClassic, accept), ""},
		"too many":          {many(maxClassic+1, accept), "4097 instructions"},
		"no end":            {[]classic.RawInstruction{{Op: 0x28, K: 12}}, "instruction 0 leads out"},
		"jump out":          {[]classic.RawInstruction{{Op: opJump, K: 1}, accept}, "instruction 0 leads out"},
		"jump back":         {[]classic.RawInstruction{{Op: 0x28, K: 12}, {Op: opJump, K: 0xfffffffe}, accept}, "instruction 1 leads out"},
		"test leads out":    {[]classic.RawInstruction{{Op: 0x15, Jt: 0, Jf: 1}, accept}, "instruction 0 leads out"},
		"unreached jump":    {[]classic.RawInstruction{accept, {Op: opJump, K: 100}}, ""},
		"unreached unknown": {[]classic.RawInstruction{accept, {Op: 0xffff}}, ""},
		"unknown load":      {[]classic.RawInstruction{{Op: 0x38}, accept}, "instruction 0: {0x38"},
		"unknown into X":    {[]classic.RawInstruction{{Op: 0x21}, accept}, "instruction 0: {0x21"},
		"header into A":     {[]classic.RawInstruction{{Op: 0xb0}, accept}, "instruction 0: {0xb0"},
		"unknown operation": {[]classic.RawInstruction{{Op: 0xb4}, accept}, "instruction 0: {0xb4"},
		"unknown test":      {[]classic.RawInstruction{{Op: 0x55}, accept}, "instruction 0: {0x55"},
		"unknown return":    {[]classic.RawInstruction{{Op: 0x0e}}, "instruction 0: {0x0e"},
		"unknown move":      {[]classic.RawInstruction{{Op: 0x47}, accept}, "instruction 0: {0x47"},
		"no such cell":      {[]classic.RawInstruction{{Op: 0x02, K: 16}, accept}, "instruction 0: {0x02"},
		"nor to load":       {[]classic.RawInstruction{{Op: 0x60, K: 16}, accept}, "instruction 0: {0x60"},
		"upper bits":        {[]classic.RawInstruction{{Op: 0x128, K: 12}, accept}, "instruction 0: {0x128"},
	} {
		_, err := translate(test.code, frameBytes)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func many(n int, i classic.RawInstruction) []classic.RawInstruction {
	list := make([]classic.RawInstruction, n)
	for k := range list {
		list[k] = i
	}
	return list
}

func TestFrameLimit(t *testing.T) {
	for name, test := range map[string]struct {
		op   uint16
		k    uint32
		want uint32
	}{
		"no field":         {opReturn, 200, leastFrame},
		"near":             {0x28, 12, leastFrame},
		"word":             {0x20, 60, 64},
		"one more":         {0x20, 61, 72},
		"last":             {0x30, 255, 256},
		"too far to copy":  {0x30, 256, leastFrame},
		"index":            {opLoadHeader, 63, 64},
		"indexed":          {0x48, 16, 80},
		"indexed, too far": {0x40, 200, leastFrame},
		"other offsets":    {0x20, 0xffffffff, leastFrame},
	} {
		if got := frameLimit([]classic.RawInstruction{{Op: test.op, K: test.k}}); got != test.want {
			t.Errorf("%s: %d bytes, want %d", name, got, test.want)
		}
	}
}

// FuzzTranslate looks for programs that are neither refused nor translated.
func FuzzTranslate(f *testing.F) {
	f.Add([]byte{0x28, 0, 0, 0, 12, 0, 0, 0, 0x15, 0, 0, 1, 0, 8, 0, 0, 6, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0xb1, 0, 0, 0, 14, 0, 0, 0, 0x48, 0, 0, 0, 14, 0, 0, 0, 0x16, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0x84, 0, 0, 0, 0, 0, 0, 0, 0x34, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var code []classic.RawInstruction
		for ; len(raw) >= 8 && len(code) <= maxClassic; raw = raw[8:] {
			n := binary.LittleEndian
			code = append(code, classic.RawInstruction{Op: n.Uint16(raw), Jt: raw[2], Jf: raw[3], K: n.Uint32(raw[4:])})
		}
		limit := frameLimit(code)
		if limit < leastFrame || limit > frameBytes || limit%8 != 0 {
			t.Fatalf("%d bytes to copy", limit)
		}
		out, err := translate(code, limit)
		if err != nil {
			return
		}
		known := map[string]bool{filterFunction: true, loadFunction: true, "frames": true}
		for _, i := range out {
			if known[i.Symbol()] && i.Symbol() != "" {
				t.Fatalf("two labels %s", i.Symbol())
			}
			known[i.Symbol()] = true
		}
		for _, i := range out {
			if !known[i.Reference()] {
				t.Fatalf("no label %s", i.Reference())
			}
		}
	})
}

// randomProgram is of all instructions that the machine of golang.org/x/net
// knows, but for ldx len, which it loads into A. It ends whichever way it takes.
func randomProgram(m *rand.Rand) []classic.RawInstruction {
	ops := []uint16{
		0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80, 0x01, 0x61, 0xb1, 0x02, 0x03, 0x07, 0x87,
		0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0x94, 0xa4, 0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0x9c, 0xac,
		0x05, 0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d,
	}
	constants := []uint32{1, 2, 7, 12, 14, 31, 60, 0x800, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff}
	var code []classic.RawInstruction
	const length = 60
	for i := range length {
		c := classic.RawInstruction{Op: ops[m.IntN(len(ops))], K: uint32(m.IntN(400))}
		switch left := length - i; {
		case c.Op == opJump:
			c.K = uint32(m.IntN(min(left, 4)))
		case c.Op&7 == classJump:
			c.Jt, c.Jf = uint8(m.IntN(min(left, 5))), uint8(m.IntN(min(left, 5)))
			c.K = constants[m.IntN(len(constants))]
		case c.Op == opLoadMemory, c.Op == opLoadMemory|1, c.Op&7 == classStore, c.Op&7 == classStoreX:
			c.K %= 16
		case c.Op == classALU|opShiftLeft, c.Op == classALU|opShiftRight:
			c.K %= 32
		case c.Op&7 == classALU, c.Op <= 1:
			c.K = constants[m.IntN(len(constants))]
		}
		code = append(code, c)
	}
	return append(code, classic.RawInstruction{Op: opReturnA})
}
