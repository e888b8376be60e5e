package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAgentTellsSystemd: the agent says when it is ready, that it reads its
// configuration, that it lives, and that it ends.
func TestAgentTellsSystemd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	told := make(chan string, 1000)
	go func() {
		defer close(told)
		b := make([]byte, 1000)
		for {
			n, err := socket.Read(b)
			if err != nil {
				return
			}
			told <- string(b[:n])
		}
	}()
	config := filepath.Join(dir, "agent.yaml")
	text := fmt.Sprintf("interval: 1s\ndrops: {enabled: false}\nstate: {identity: %[1]s/identity, peers: %[1]s/peers}\n", dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := launch(t, func(c *exec.Cmd) {
		c.Env = append(os.Environ(), "NOTIFY_SOCKET="+filepath.Join(dir, "notify"), "WATCHDOG_USEC=200000")
	}, "agent", "--config", config)
	wait := func(want string) {
		t.Helper()
		for text := range told {
			if strings.HasPrefix(text, want) {
				return
			}
		}
		t.Fatalf("systemd was not told %s", want)
	}
	wait("READY=1")
	wait("WATCHDOG=1")
	c.signal(t, syscall.SIGHUP)
	wait("RELOADING=1\nMONOTONIC_USEC=")
	wait("READY=1")
	wait("WATCHDOG=1")
	c.signal(t, syscall.SIGTERM)
	wait("STOPPING=1")
	c.wait(t, 0)
}
