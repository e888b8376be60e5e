package pcapfilter

// The instructions in use, by their numbers in the kernel.
const (
	opcodeLoad         = 0x00 // A = K
	opcodeLoadWord     = 0x20 // A = 4 bytes at K
	opcodeLoadHalf     = 0x28
	opcodeLoadByte     = 0x30
	opcodeIndexedWord  = 0x40 // A = 4 bytes at X + K
	opcodeIndexedHalf  = 0x48
	opcodeIndexedByte  = 0x50
	opcodeLoadMemory   = 0x60 // A = M[K]
	opcodeLoadLength   = 0x80
	opcodeIndexConst   = 0x01 // X = K
	opcodeIndexMemory  = 0x61 // X = M[K]
	opcodeIndexLength  = 0x81
	opcodeIndexHeader  = 0xb1 // X = 4 * (byte at K & 15)
	opcodeStore        = 0x02 // M[K] = A
	opcodeStoreIndex   = 0x03
	opcodeJump         = 0x05
	opcodeJumpEqual    = 0x15
	opcodeJumpGreater  = 0x25
	opcodeJumpAtLeast  = 0x35
	opcodeJumpBits     = 0x45
	opcodeReturn       = 0x06
	opcodeReturnA      = 0x16
	opcodeMoveToIndex  = 0x07 // X = A
	opcodeMoveToA      = 0x87 // A = X
	opcodeAdd          = 0x04
	opcodeSubtract     = 0x14
	opcodeMultiply     = 0x24
	opcodeDivide       = 0x34
	opcodeOr           = 0x44
	opcodeAnd          = 0x54
	opcodeShiftLeft    = 0x64
	opcodeShiftRight   = 0x74
	opcodeNegate       = 0x84
	opcodeRemainder    = 0x94
	opcodeXor          = 0xa4
	withIndex          = 0x08 // added to an operation or a jump: X instead of K
	memoryCells        = 16
	farthestByteOffset = 0xff // of a conditional jump
)

var arithmeticOpcodes = [...]uint16{
	opAdd: opcodeAdd, opSubtract: opcodeSubtract, opMultiply: opcodeMultiply,
	opDivide: opcodeDivide, opRemainder: opcodeRemainder, opAnd: opcodeAnd, opOr: opcodeOr,
	opXor: opcodeXor, opShiftLeft: opcodeShiftLeft, opShiftRight: opcodeShiftRight,
}

var jumpOpcodes = [...]uint16{
	equal: opcodeJumpEqual, greater: opcodeJumpGreater,
	greaterOrEqual: opcodeJumpAtLeast, anyBit: opcodeJumpBits,
}

// loadOpcodes by the number of bytes: from a fixed place, and from an index.
var loadOpcodes = map[uint32][2]uint16{
	1: {opcodeLoadByte, opcodeIndexedByte},
	2: {opcodeLoadHalf, opcodeIndexedHalf},
	4: {opcodeLoadWord, opcodeIndexedWord},
}
