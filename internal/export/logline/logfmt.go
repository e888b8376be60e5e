package logline

// AppendPairs appends fields for people and for grep: name=value, with a space
// before each. A value that is empty or has a space, a quotation mark, an equals
// sign or a backslash in it stands in quotation marks, with \" and \\ inside.
func AppendPairs(b []byte, fields []Field) []byte {
	for i := range fields {
		f := &fields[i]
		b = AppendName(append(b, ' '), f.Name)
		b = append(b, '=')
		if f.IsCount || plain(f.Value) {
			b = f.AppendValue(b)
		} else {
			b = appendQuoted(b, f.Value)
		}
	}
	return b
}

// plain values need no quotation marks and nothing escaped.
func plain(value string) bool {
	for i := range len(value) {
		switch c := value[i]; {
		case c <= ' ' || c >= 0x7f, c == '"', c == '=', c == '\\':
			return false
		}
	}
	return value != ""
}

func appendQuoted(b []byte, value string) []byte {
	b = append(b, '"')
	start := 0
	for i := range len(value) {
		if value[i] == '"' || value[i] == '\\' {
			b = append(AppendPrintable(b, value[start:i]), '\\')
			start = i
		}
	}
	return append(AppendPrintable(b, value[start:]), '"')
}
