package scenario

import "testing"

func TestParseAnswer(t *testing.T) {
	for _, f := range families() {
		answer := f.tcpFrame(ipHeader{}, tcpHeader{destination: clientPort + 5, seq: 0xfffffff0, flags: tcpSYN | tcpACK}, 0)
		if port, seq, ok := parseAnswer(answer); !ok || port != clientPort+5 || seq != 0xfffffff0 {
			t.Errorf("%sport %d sequence %#x %v", f.prefix, port, seq, ok)
		}
		if _, _, ok := parseAnswer(f.udpFrame(ipHeader{}, udpHeader{}, 20)); ok {
			t.Errorf("%sa datagram is taken for a segment", f.prefix)
		}
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add(ipv4().tcpFrame(ipHeader{}, tcpHeader{flags: tcpSYN}, 0))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := string(frame)
		parseAnswer(frame)
		if string(frame) != before {
			t.Error("the frame was changed")
		}
	})
}
