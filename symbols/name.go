package symbols

import "strings"

// maxName bounds a symbol or module name. The kernel's own limit is 512 bytes
// (KSYM_NAME_LEN).
const maxName = 512

// validName reports whether name can be a symbol: printable, without blanks.
func validName(name string) bool {
	return name != "" && len(name) <= maxName && printable(name) == len(name)
}

// validModule reports whether name can stand in brackets behind a symbol.
func validModule(name string) bool {
	return validName(name) && !strings.ContainsAny(name, "[]")
}

// isMapping reports assembler marks, which lie inside functions: $x and $d of
// arm64 and RISC-V tell code from data, .L and L0 are local labels. They
// neither name code nor end it.
func isMapping(name string) bool {
	return strings.HasPrefix(name, "$") || strings.HasPrefix(name, ".L") || strings.HasPrefix(name, "L0")
}

// isPadding reports symbols for the bytes in front of a function that the
// compiler adds for patching and for control-flow checks. No call returns
// there, but they end the function before.
func isPadding(name string) bool {
	return strings.HasPrefix(name, "__pfx_") || strings.HasPrefix(name, "__cfi_")
}

// isEnd reports the symbols behind the last function of a text section. What
// follows them is data.
func isEnd(name string) bool {
	return name == "_etext" || name == "_einittext"
}
