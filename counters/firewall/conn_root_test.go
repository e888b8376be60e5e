package firewall

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// manyRules is a ruleset that takes more than one datagram to list, in place of
// the one before.
func manyRules(rules int, comment string) string {
	var b strings.Builder
	b.WriteString("table ip many\nflush table ip many\ntable ip many { chain c {\n")
	for range rules {
		fmt.Fprintf(&b, "udp dport 9 counter drop comment %q\n", comment)
	}
	b.WriteString("}\n}\n")
	return b.String()
}

// Rules that change while they are read are read again, so that no reading
// mixes two generations.
func TestRootNFTGeneration(t *testing.T) {
	// enough for both to be read; more as long as it does not take long
	const rules, least, most, enough = 250, 4, 40, 5 * time.Second
	inNamespace(t, func() error {
		if err := load(manyRules(rules, "first")); err != nil {
			return err
		}
		c, err := Open(0)
		if err != nil {
			return err
		}
		defer c.Close()
		stop, done := make(chan struct{}), make(chan error, 1)
		seen := map[string]int{}
		go func() { done <- readUntil(stop, c, rules, seen) }()
		start := time.Now()
		for i := 0; i < least || i < most && time.Since(start) < enough; i++ {
			if err = load(manyRules(rules, []string{"second", "first"}[i%2])); err != nil {
				break
			}
		}
		close(stop)
		err = errors.Join(err, <-done)
		if len(seen) != 2 {
			t.Errorf("readings %v, want both generations", seen)
		}
		return err
	})
}

// readUntil reads again and again, and checks that all rules belong together.
// That the rules change too fast is no failure.
func readUntil(stop <-chan struct{}, c *Conn, want int, seen map[string]int) error {
	var rules []Rule
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		var err error
		rules, err = c.Rules(NFTables, rules[:0])
		if err != nil {
			if strings.Contains(err.Error(), "the rules changed each of") {
				continue
			}
			return err
		}
		if len(rules) != want {
			return fmt.Errorf("read %d rules, want %d", len(rules), want)
		}
		for i := range rules {
			if rules[i].Comment != rules[0].Comment || rules[i].Number != i+1 {
				return fmt.Errorf("rule %d is number %d of %q, the first is of %q", i, rules[i].Number, rules[i].Comment, rules[0].Comment)
			}
		}
		seen[rules[0].Comment]++
	}
}

func TestRootWithoutCapability(t *testing.T) {
	inNamespace(t, func() error {
		err := errors.Join(load("table ip t { chain c { counter drop\n }\n }\n"),
			run("", "iptables-legacy -w -A INPUT -j ACCEPT", "ip6tables-legacy -w -A INPUT -j ACCEPT"))
		if err != nil {
			return err
		}
		// of this thread only, which ends with the test
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		if err := unix.Capset(&header, &make([]unix.CapUserData, 2)[0]); err != nil {
			return err
		}
		c, err := Open(0)
		if err != nil {
			return err
		}
		defer c.Close()
		for _, system := range []System{NFTables, IPTables, IP6Tables} {
			rules, err := c.Rules(system, nil)
			if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "needs CAP_NET_ADMIN") || len(rules) != 0 {
				t.Errorf("%s: %d rules, error %v", system, len(rules), err)
			}
		}
		return nil
	})
}

// A connection keeps to the namespace that it was opened in, also for tables
// that are made later.
func TestRootOtherNamespace(t *testing.T) {
	var file *os.File
	inNamespace(t, func() error {
		var err error
		if file, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			return err
		}
		defer file.Close()
		opened := make(chan error)
		var c *Conn
		go func() { // on another thread, in the namespace of this process
			var err error
			c, err = Open(int(file.Fd()))
			opened <- err
		}()
		if err := <-opened; err != nil {
			return err
		}
		defer c.Close()
		err = errors.Join(load("table ip t { chain c { counter drop comment \"here\"\n }\n }\n"),
			run("", "iptables-legacy -w -A INPUT -p udp --dport 7 -j DROP", "ip6tables-legacy -w -A INPUT -p udp --dport 7 -j DROP"),
			send(local4(7), 6), send(local6(7), 7))
		if err != nil {
			return err
		}
		for range 2 {
			var rules []Rule
			for _, system := range []System{NFTables, IPTables, IP6Tables} {
				if rules, err = c.Rules(system, rules); err != nil {
					return err
				}
			}
			err := errors.Join(
				counted(rules, `ip t c handle 2 "here"`, 0, bytes4),
				counted(rules, "iptables filter INPUT rule 1 -j DROP", 6, bytes4),
				counted(rules, "ip6tables filter INPUT rule 1 -j DROP", 7, bytes6))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func BenchmarkRules(b *testing.B) {
	const rules = 1000
	for _, system := range []System{NFTables, IPTables} {
		b.Run(string(system)+"/1000", func(b *testing.B) {
			inNamespace(b, func() error {
				text := "*filter\n" + strings.Repeat("-A INPUT -p udp --dport 9 -j DROP\n", rules) + "COMMIT\n"
				err := errors.Join(load(manyRules(rules, "x")), run(text, "iptables-legacy-restore"))
				if err != nil {
					return err
				}
				c, err := Open(0)
				if err != nil {
					return err
				}
				defer c.Close()
				var read []Rule
				b.ReportAllocs()
				for b.Loop() {
					if read, err = c.Rules(system, read[:0]); err != nil {
						return err
					}
				}
				if len(read) < rules {
					return fmt.Errorf("read %d rules", len(read))
				}
				return nil
			})
		})
	}
}
