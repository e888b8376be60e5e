package netdm

import (
	"fmt"

	"github.com/mdlayher/netlink"
)

// encodeSettings makes the body of a CONFIG request.
func encodeSettings(s Settings) ([]byte, error) {
	e := netlink.NewAttributeEncoder()
	e.Uint8(attributeMode, uint8(s.Mode))
	e.Uint32(attributeTruncate, s.Truncate)
	e.Uint32(attributeQueue, s.Queue)
	body, err := e.Encode()
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	return body, nil
}

// encodeSwitch makes the body of a START or STOP request. Kernels before 5.4
// know software drops only, and no flags.
func encodeSwitch(f Features, software, hardware bool) ([]byte, error) {
	if !f.Hardware {
		return nil, nil
	}
	e := netlink.NewAttributeEncoder()
	e.Flag(attributeSoftware, software)
	e.Flag(attributeHardware, hardware)
	body, err := e.Encode()
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return body, nil
}
