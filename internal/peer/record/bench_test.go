package record

import (
	"crypto/ed25519"
	"testing"
)

func BenchmarkEncodeSign(b *testing.B) {
	report := sampleReport(1, ordinary)
	b.ReportAllocs()
	var size int
	for b.Loop() {
		packets, err := Encode(report, testHeader, testKey)
		if err != nil {
			b.Fatal(err)
		}
		size = len(packets[0])
	}
	b.ReportMetric(float64(size), "B/packet")
}

func BenchmarkEncodeEightParts(b *testing.B) {
	report := sampleReport(1, size{rows: 500, counters: 100, interfaces: 200, fileSystems: 50, users: 100, disks: 40})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(report, testHeader, testKey); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeVerify(b *testing.B) {
	packets, err := Encode(sampleReport(1, ordinary), testHeader, testKey)
	if err != nil {
		b.Fatal(err)
	}
	public := testKey.Public().(ed25519.PublicKey)
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(packets[0]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := Verify(packets[0], public); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("both", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p, err := Decode(packets[0])
			if err == nil {
				err = p.Verify(public)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("header", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseHeader(packets[0]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
