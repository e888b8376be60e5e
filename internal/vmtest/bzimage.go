package vmtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
)

// payload finds the compressed kernel inside a boot image. Offsets are from
// the start of the protected-mode part, as the boot protocol says
// (Documentation/arch/x86/boot.rst: setup_sects, header, version,
// payload_offset, payload_length).
func payload(image []byte) ([]byte, error) {
	const sectors, magic, version, offset, length, end = 0x1f1, 0x202, 0x206, 0x248, 0x24c, 0x250
	if len(image) < end || string(image[magic:magic+4]) != "HdrS" {
		return nil, errors.New("not a boot image")
	}
	if v := binary.LittleEndian.Uint16(image[version:]); v < 0x208 {
		return nil, fmt.Errorf("boot protocol %#x tells no payload", v)
	}
	setup := uint64(image[sectors])
	if setup == 0 {
		setup = 4
	}
	start := (setup+1)*512 + uint64(binary.LittleEndian.Uint32(image[offset:]))
	size := uint64(binary.LittleEndian.Uint32(image[length:]))
	// the last four bytes are the size after decompression
	if size < 10 || start+size > uint64(len(image)) {
		return nil, fmt.Errorf("payload of %d bytes at %d in an image of %d", size, start, len(image))
	}
	return image[start : start+size-4], nil
}

// decompressor chooses the program by the first bytes of the data.
func decompressor(data []byte) ([]string, error) {
	for _, known := range []struct {
		magic   string
		command []string
	}{
		{"\xfd7zXZ\x00", []string{"xz", "-dc", "--single-stream"}},
		{"\x28\xb5\x2f\xfd", []string{"zstd", "-dc"}},
		{"\x1f\x8b", []string{"gzip", "-dc"}},
		{"\x02\x21\x4c\x18", []string{"lz4", "-dc"}},
	} {
		if bytes.HasPrefix(data, []byte(known.magic)) {
			return known.command, nil
		}
	}
	return nil, fmt.Errorf("unknown compression, first bytes %x", data[:min(len(data), 6)])
}

func decompress(data []byte) ([]byte, error) {
	command, err := decompressor(data)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := output(cmd)
	return []byte(out), err
}

// extractKernel returns the uncompressed kernel of a boot image. Booting this
// spares the guest the decompression and the random choice of addresses.
func extractKernel(image []byte) ([]byte, error) {
	packed, err := payload(image)
	if err != nil {
		return nil, err
	}
	kernel, err := decompress(packed)
	if err != nil {
		return nil, fmt.Errorf("decompress kernel: %w", err)
	}
	if !bytes.HasPrefix(kernel, []byte("\x7fELF")) {
		return nil, errors.New("kernel is not an ELF file")
	}
	return kernel, nil
}
