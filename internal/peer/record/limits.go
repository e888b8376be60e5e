package record

const (
	// MaxPacket is the size of a signed packet that Encode makes at most: 35
	// bytes of the engine and a label of the cluster still fit a datagram.
	MaxPacket = 1320
	// MaxDatagram is the size of a packet that is read at all.
	MaxDatagram = 1400
	// MinPacket is the size of a packet without a payload.
	MinPacket = headerSize + signatureSize
	// MaxParts is how many packets a record has at most.
	MaxParts = 8

	// maxPayload is a payload that is not compressed, or is no more.
	maxPayload = 8 << 10
	// maxItems is how many rows each list has in one part. A row can be one
	// byte on the wire and a few hundred in memory.
	maxItems = 128
	// maxText is the longest string, in bytes.
	maxText = 255
	// maxTexts is how many strings one part has.
	maxTexts = 1024
)
