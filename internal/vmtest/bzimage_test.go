package vmtest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"testing"
)

// bootImage packs a kernel as the kernel's build does.
func bootImage(kernel []byte) []byte {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(kernel)
	w.Close()
	image := make([]byte, 3*512+16)
	image[0x1f1] = 2
	copy(image[0x202:], "HdrS")
	binary.LittleEndian.PutUint16(image[0x206:], 0x20f)
	binary.LittleEndian.PutUint32(image[0x248:], 16)
	binary.LittleEndian.PutUint32(image[0x24c:], uint32(packed.Len()+4))
	image = append(image, packed.Bytes()...)
	return binary.LittleEndian.AppendUint32(image, uint32(len(kernel)))
}

func TestExtractKernel(t *testing.T) {
	kernel := append([]byte("\x7fELF"), bytes.Repeat([]byte("kernel"), 100)...)
	got, err := extractKernel(bootImage(kernel))
	if err != nil || !bytes.Equal(got, kernel) {
		t.Errorf("%d bytes of %d, %v", len(got), len(kernel), err)
	}
	if _, err := extractKernel(bootImage([]byte("no kernel"))); err == nil {
		t.Error("something else than a kernel is taken")
	}
	if _, err := extractKernel(bootImage(kernel)[:600]); err == nil {
		t.Error("a cut image is taken")
	}
	if command, err := decompressor([]byte("plain")); err == nil {
		t.Errorf("plain bytes are decompressed by %v", command)
	}
}

func FuzzPayload(f *testing.F) {
	f.Add(bootImage([]byte("\x7fELF")))
	f.Add(make([]byte, 0x250))
	f.Fuzz(func(t *testing.T, image []byte) {
		if got, err := payload(image); err == nil && (len(got) < 6 || len(got) > len(image)) {
			t.Errorf("payload of %d bytes in %d", len(got), len(image))
		}
	})
}
