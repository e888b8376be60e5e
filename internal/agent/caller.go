package agent

import (
	"fmt"
	"net"
	"net/http"
	"os"

	"golang.org/x/sys/unix"
)

// A callerListener knows which user is at the other end of a connection.
type callerListener struct{ *net.UnixListener }

// A caller is an end of a connection, as an address: that is what a handler of HTTP
// is told.
type caller uint32

func (c caller) Network() string { return "unix" }
func (c caller) String() string  { return fmt.Sprintf("uid %d", uint32(c)) }

type callerConn struct {
	*net.UnixConn
	from caller
}

func (c *callerConn) RemoteAddr() net.Addr { return c.from }

func (l callerListener) Accept() (net.Conn, error) {
	conn, err := l.AcceptUnix()
	if err != nil {
		return nil, err
	}
	const nobody = 1<<32 - 1 // (uid_t) -1, which is nobody
	c := &callerConn{conn, nobody}
	if raw, err := conn.SyscallConn(); err == nil {
		// whose credentials cannot be read may only look
		_ = raw.Control(func(fd uintptr) {
			if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
				c.from = caller(cred.Uid)
			}
		})
	}
	return c, nil
}

// mayChange tells whether a request comes from root or from the user of the agent.
func mayChange(r *http.Request) bool {
	return r.RemoteAddr == caller(0).String() || r.RemoteAddr == caller(os.Geteuid()).String()
}
