package hoststat

import (
	"context"
	"errors"
	"time"

	"dropwatch/counters/rtstat"
	"golang.org/x/sys/unix"
)

// A Config says what to read. The zero value reads this host.
type Config struct {
	// Root is put before /proc, /sys, /run, /dev and all mount points.
	Root string
	// NetNS is the descriptor of the network namespace of the interfaces; 0 means
	// that of the thread that takes the first sample.
	NetNS int
	// Tmpfs lists file systems in memory too.
	Tmpfs bool
	// NetworkFileSystems asks those for their size too.
	NetworkFileSystems bool
	// Timeout is how long to wait for systemd-logind, and for each file system;
	// 250 ms by default.
	Timeout time.Duration
	// At most this many are listed, and the rest is counted in LeftOut. The
	// defaults are 256, 256, 512 and 512.
	MaxFileSystems, MaxDisks, MaxInterfaces, MaxUsers int
}

// A Reader samples one host. It is for one goroutine at a time.
type Reader struct {
	config Config
	host   host

	file     fileReader
	bootID   string
	before   time.Time // of the sample before
	cpuTimes cpuTimes

	mounts      mountTable
	prober      prober
	diskHistory diskHistory
	linkHistory linkHistory
	netlink     *rtstat.Conn
	logind      logind
}

// host has what is not in a file below the root.
type host struct {
	now      func() time.Time
	uname    func(*unix.Utsname) error
	adjtimex func(*unix.Timex) (int, error)
	alive    func(pid uint64) bool
	touched  func(path string) (time.Time, error)
	links    func() ([]rtstat.Link, error) // nil for route netlink
}

// New makes a Reader. It opens nothing before the first sample.
func New(config Config) *Reader {
	orDefault(&config.Timeout, 250*time.Millisecond)
	orDefault(&config.MaxFileSystems, 256)
	orDefault(&config.MaxDisks, 256)
	orDefault(&config.MaxInterfaces, 512)
	orDefault(&config.MaxUsers, 512)
	return &Reader{
		config: config,
		host: host{
			now: time.Now, uname: unix.Uname, adjtimex: unix.Adjtimex, alive: processAlive, touched: touched,
		},
		prober:      prober{statfs: unix.Statfs, stuck: make(map[string]<-chan struct{})},
		diskHistory: diskHistory{known: make(map[string]*diskPast)},
		linkHistory: linkHistory{known: make(map[uint32]*linkPast)},
		logind: logind{
			socket: config.Root + "/run/dbus/system_bus_socket", timeout: config.Timeout, limit: config.MaxUsers,
		},
	}
}

func orDefault[T int | time.Duration](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}

// Close lets go of the sockets. A question to a file system that does not answer
// is left to itself: nothing can end it. A later Sample opens them again.
func (r *Reader) Close() error {
	r.logind.close()
	if r.netlink == nil {
		return nil
	}
	err := r.netlink.Close()
	r.netlink = nil
	return err
}

// Sample reads the state of the host. It waits for nothing but file systems and
// systemd-logind, each up to the time-out, and less if the context ends: what is
// not known by then is missing. Rates refer to the sample before.
func (r *Reader) Sample(ctx context.Context) Status {
	now := r.host.now()
	s := Status{Time: now}
	if elapsed := now.Sub(r.before).Seconds(); !r.before.IsZero() && elapsed > 0 {
		s.IntervalSeconds = &elapsed
	}
	r.before = now
	// What has rates comes first, as close to the time as can be.
	r.processors(&s)
	r.disks(&s)
	r.interfaces(&s)
	r.identity(&s)
	r.load(&s)
	r.memory(&s)
	r.pressure(&s)
	r.clock(&s)
	r.fileSystems(ctx, &s)
	r.users(ctx, &s)
	s.Time = now.UTC() // rates need the monotonic clock, which a copy is without
	return s
}

// text reads a file below the root. What is wrong goes to Missing; the whole
// lines of a file that is too long are of use all the same.
func (r *Reader) text(s *Status, what, path string) ([]byte, bool) {
	text, err := r.file.read(r.config.Root + path)
	if err != nil {
		s.miss(what, err)
	}
	return text, err == nil || errors.Is(err, errTooLong)
}

// links reads the interfaces.
func (r *Reader) links() ([]rtstat.Link, error) {
	if r.host.links != nil {
		return r.host.links()
	}
	if r.netlink == nil {
		conn, err := rtstat.Dial(rtstat.Config{NetNS: r.config.NetNS})
		if err != nil {
			return nil, err
		}
		r.netlink = conn
	}
	links, err := r.netlink.Links()
	if err != nil && !errors.Is(err, rtstat.ErrInterrupted) {
		r.netlink.Close()
		r.netlink = nil
	}
	return links, err
}
