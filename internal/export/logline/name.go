package logline

// maxName is what RFC 5424 allows the name of a parameter.
const maxName = 32

// AppendName appends a name as every format can have it: lower-case letters,
// digits and underscores, at most 32 bytes. Names that are so already stay.
func AppendName(b []byte, name string) []byte {
	if name == "" {
		return append(b, '_')
	}
	for i := range min(len(name), maxName) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b = append(b, c)
		case c >= 'A' && c <= 'Z':
			b = append(b, c-'A'+'a')
		default:
			b = append(b, '_')
		}
	}
	return b
}
