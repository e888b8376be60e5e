package owner

import "time"

// Config says where to look and how much to remember. The zero value is right
// for a running system.
type Config struct {
	// Proc is the mount point of procfs; empty means /proc.
	Proc string
	// NetNSDirs hold the files of named network namespaces; nil means
	// /run/netns and /var/run/netns.
	NetNSDirs []string
	// MaxProcesses bounds the processes that one scan looks at; 0 means 65536.
	MaxProcesses int
	// MaxSockets bounds the sockets that one scan looks at; 0 means 262144. At
	// most twice as many are remembered.
	MaxSockets int
	// MaxNamespaces bounds the remembered namespaces that no longer exist and
	// the namespaces whose interfaces Prime reads; 0 means 1024.
	MaxNamespaces int
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	// Tests replace these two, which need a kernel.
	inspect   func(path string) (nsFile, error)
	readLinks func(e entry) (map[uint32]string, error)
}

func (c Config) withDefaults() Config {
	if c.Proc == "" {
		c.Proc = "/proc"
	}
	if c.NetNSDirs == nil {
		c.NetNSDirs = []string{"/run/netns", "/var/run/netns"}
	}
	if c.MaxProcesses <= 0 {
		c.MaxProcesses = 1 << 16
	}
	if c.MaxSockets <= 0 {
		c.MaxSockets = 1 << 18
	}
	if c.MaxNamespaces <= 0 {
		c.MaxNamespaces = 1 << 10
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.inspect == nil {
		c.inspect = inspectNamespace
	}
	if c.readLinks == nil {
		c.readLinks = readLinks
	}
	return c
}
