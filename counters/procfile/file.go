package procfile

import (
	"slices"
	"strings"
)

// A File is a file below /proc/net.
type File struct {
	// Source is its short name, such as "snmp", "softnet" or "arp_cache".
	Source string
	// Path is where the file is below /proc/net.
	Path string
	// Usual says that every kernel since 5.10 has the file in every namespace,
	// IPv6 and xfrm left aside. Others exist only while a module is loaded, or
	// in the first namespace.
	Usual bool

	mayBeEmpty bool
	parse      func(*Parser, []Value, []byte) ([]Value, error)
}

// Files lists the files that can be parsed.
func Files() []File {
	return []File{
		{Source: "snmp", Path: "snmp", Usual: true, parse: (*Parser).pairs},
		{Source: "netstat", Path: "netstat", Usual: true, parse: (*Parser).pairs},
		{Source: "snmp6", Path: "snmp6", parse: lines("")},
		{Source: "xfrm_stat", Path: "xfrm_stat", parse: lines("xfrm_stat.")},
		{Source: "softnet", Path: "softnet_stat", Usual: true, parse: (*Parser).softnet},
		{Source: "sockstat", Path: "sockstat", Usual: true, parse: (*Parser).sockstat},
		{Source: "sockstat6", Path: "sockstat6", parse: (*Parser).sockstat},
		{Source: "protocols", Path: "protocols", Usual: true, parse: (*Parser).protocols},
		{Source: "arp_cache", Path: "stat/arp_cache", parse: perCPU(perCPUTable{"arp_cache.", wordBits, true})},
		{Source: "ndisc_cache", Path: "stat/ndisc_cache", parse: perCPU(perCPUTable{"ndisc_cache.", wordBits, true})},
		{Source: "rt_cache", Path: "stat/rt_cache", parse: perCPU(perCPUTable{"rt_cache.", 32, true})},
		{Source: "nf_conntrack", Path: "stat/nf_conntrack", parse: perCPU(perCPUTable{"nf_conntrack.", 32, false})},
		{Source: "synproxy", Path: "stat/synproxy", parse: perCPU(perCPUTable{"synproxy.", 32, false})},
		{Source: "nfnetlink_queue", Path: "netfilter/nfnetlink_queue", mayBeEmpty: true, parse: (*Parser).queues},
	}
}

// Lookup finds a file by its source.
func Lookup(source string) (File, bool) {
	files := Files()
	at := slices.IndexFunc(files, func(f File) bool { return f.Source == source })
	if at < 0 {
		return File{}, false
	}
	return files[at], true
}

// A Value is one number of a file.
type Value struct {
	// Name is the kernel's name behind that of its group: "Udp.NoPorts",
	// "Udp6NoPorts", "softnet.dropped", "arp_cache.table_fulls".
	Name string
	// Object is what the number belongs to when the file has several rows:
	// "cpu 0", "TCPv6", "queue 3 portid 812". Otherwise it is empty.
	Object string
	// Number is the value; that of a gauge may be negative and is then in two's
	// complement.
	Number uint64
	// Bits is the width of the kernel's counter, 32 or 64.
	Bits uint8
	// Gauge marks a level or a setting, which can fall.
	Gauge bool
	// Host marks a number of the whole host, whichever namespace it is read in.
	Host bool
}

// maxNames bounds what a Parser remembers.
const maxNames = 8192

// A Parser parses one file again and again. It is for one goroutine at a time.
type Parser struct {
	file  File
	names map[string]string
	cpus  []string
	key   []byte   // a name while it is put together
	sums  []uint64 // of a table with one row for each CPU
}

// NewParser returns a parser of a file of [Files].
func NewParser(file File) *Parser {
	return &Parser{file: file, names: make(map[string]string)}
}

// Parse appends the numbers in text, which is the whole content of the file, to
// values. On an error, which is a [*SyntaxError] about the first bad line, it
// still returns what could be told for sure.
func (p *Parser) Parse(values []Value, text []byte) ([]Value, error) {
	if len(text) == 0 && !p.file.mayBeEmpty {
		return values, &SyntaxError{File: p.file.Path, Line: 1, Problem: "the file is empty"}
	}
	return p.file.parse(p, values, text)
}

// name returns group and name as one string, which is made only once.
func (p *Parser) name(group, name []byte) (string, string) {
	p.key = append(append(p.key[:0], group...), name...)
	if known, ok := p.names[string(p.key)]; ok {
		return known, ""
	}
	if problem := badName(name); problem != "" {
		return "", problem
	}
	if len(p.names) >= maxNames {
		return "", "more names than any kernel has"
	}
	known := string(p.key)
	p.names[known] = known
	return known, ""
}

// badName says what is wrong with a name. Names go to terminals and files, so
// they are held to what kernels use.
func badName(name []byte) string {
	if len(name) == 0 || len(name) > 64 {
		return "a name has no length between 1 and 64"
	}
	for _, c := range name {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte("_-./+", c) < 0 {
			return "a name has characters that no kernel uses"
		}
	}
	return ""
}
