package syslog

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dropwatch/internal/export/logline/logtest"
)

// A receiver is a real daemon with its own configuration, sockets and files.
type receiver struct {
	*logtest.Daemon
	unix, stream  string // paths of sockets; stream may be empty
	udp, tcp, tls string // addresses
	bsdTCP        string // TCP for RFC 3164, one line each
	out           string // the file that it writes RFC 5424 into
	certs         certificates
}

// rsyslog writes what it understood of each message. With the direct queue it
// keeps nothing in memory: what it has read is in the file.
const rsyslogConfig = `
global(workDirectory="DIR" defaultNetstreamDriverCAFile="DIR/ca.pem"
	defaultNetstreamDriverCertFile="DIR/server.pem" defaultNetstreamDriverKeyFile="DIR/server.key")
main_queue(queue.type="direct")
module(load="imuxsock" SysSock.Use="off")
module(load="imudp")
module(load="imtcp")
template(name="out" type="string" string="<%pri%>1 %timereported:::date-rfc3339% %hostname% %app-name% %procid% %msgid% %structured-data%%msg:::sp-if-no-1st-sp%%msg%\n")
input(type="imuxsock" Socket="DIR/unix")
input(type="imudp" address="127.0.0.1" port="UDP" rcvbufSize="1m")
input(type="imtcp" address="127.0.0.1" port="TCP")
input(type="imtcp" address="127.0.0.1" port="TLS" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/certvalid")
action(type="omfile" file="DIR/out" template="out")
`

func startRsyslog(t *testing.T) *receiver {
	tree := logtest.Unpack(t, "rsyslog", "rsyslog", "rsyslog-gnutls", "libestr0", "libfastjson4", "liblognorm5")
	dir := t.TempDir()
	r := &receiver{unix: dir + "/unix", udp: freeUDP(t), tcp: freeTCP(t), tls: freeTCP(t), out: dir + "/out", certs: makeCertificates(t, dir)}
	r.bsdTCP = r.tcp
	writeConfig(t, dir+"/conf", rsyslogConfig, r, dir)
	modules := tree.Find(t, "usr/lib/*/rsyslog")
	env := []string{"LD_LIBRARY_PATH=" + filepath.Dir(modules)}
	r.Daemon = logtest.NewDaemon(t, env, r.listens, tree.Path("usr/sbin/rsyslogd"), "-n", "-iNONE", "-f", dir+"/conf", "-M", modules)
	r.Start()
	return r
}

const syslogNGConfig = `
@version: 3.38
options { keep-hostname(yes); use-dns(no); frac-digits(6); stats-freq(0); time-reopen(1); log-fifo-size(100000); };
source s {
	unix-dgram("DIR/unix");
	unix-stream("DIR/stream" flags(syslog-protocol));
	network(ip("127.0.0.1") port(UDP) transport("udp") flags(syslog-protocol) so-rcvbuf(1048576));
	syslog(ip("127.0.0.1") port(TCP) transport("tcp"));
	network(ip("127.0.0.1") port(BSD) transport("tcp"));
	syslog(ip("127.0.0.1") port(TLS) transport("tls")
		tls(key-file("DIR/server.key") cert-file("DIR/server.pem") ca-file("DIR/ca.pem") peer-verify(required-trusted)));
};
destination d { file("DIR/out" template("<$PRI>1 $ISODATE $HOST $PROGRAM ${PID:--} ${MSGID:--} ${SDATA:--} $MSG\n")); };
log { source(s); destination(d); flags(flow-control); };
`

func startSyslogNG(t *testing.T) *receiver {
	tree := logtest.Unpack(t, "syslog-ng", "syslog-ng-core", "libivykis0", "libnet1", "libwrap0", "libpcre3")
	dir := t.TempDir()
	r := &receiver{unix: dir + "/unix", stream: dir + "/stream", udp: freeUDP(t), tcp: freeTCP(t), bsdTCP: freeTCP(t), tls: freeTCP(t),
		out: dir + "/out", certs: makeCertificates(t, dir)}
	writeConfig(t, dir+"/conf", syslogNGConfig, r, dir)
	lib := filepath.Dir(tree.Find(t, "usr/lib/syslog-ng/libsyslog-ng-*.so.0"))
	libs := []string{lib, filepath.Dir(tree.Find(t, "usr/lib/*/libivykis.so.0"))}
	if dirs, _ := filepath.Glob(tree.Path("lib/*-linux-gnu")); len(dirs) > 0 {
		libs = append(libs, dirs...)
	}
	env := []string{"LD_LIBRARY_PATH=" + strings.Join(libs, ":")}
	r.Daemon = logtest.NewDaemon(t, env, r.listens, tree.Path("usr/sbin/syslog-ng"), "-F", "--no-caps", "-f", dir+"/conf", "-R", dir+"/persist",
		"-c", dir+"/ctl", "-p", dir+"/pid", "--module-path", tree.Find(t, "usr/lib/syslog-ng/[0-9]*"))
	r.Start()
	return r
}

func writeConfig(t *testing.T, path, text string, r *receiver, dir string) {
	t.Helper()
	port := func(address string) string { return address[strings.LastIndex(address, ":")+1:] }
	text = strings.NewReplacer("DIR", dir, "UDP", port(r.udp), "TCP", port(r.tcp), "TLS", port(r.tls), "BSD", port(r.bsdTCP)).Replace(text)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func freeTCP(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func freeUDP(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().String()
}

// listens tells whether the last of the sockets is there. It connects to the TCP
// one only, for that is the last which a daemon opens.
func (r *receiver) listens() bool {
	for _, address := range []string{r.tcp, r.tls} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		c.Close()
	}
	return true
}

// messages are those in the file, from an offset on, that are ours.
func (r *receiver) messages(t *testing.T, from int64) (all []parsed) {
	t.Helper()
	f, err := os.Open(r.out)
	if err != nil {
		return nil
	}
	defer f.Close()
	if _, err := f.Seek(from, 0); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		p, err := parse(lines.Text())
		if err != nil {
			t.Fatalf("the daemon wrote what cannot be read: %v", err)
		}
		if p.app == "dropwatch" {
			all = append(all, p)
		}
	}
	return all
}

// tally counts the numbered lines.
func (r *receiver) tally(t *testing.T, from int64) (tally logtest.Tally) {
	t.Helper()
	for _, p := range r.messages(t, from) {
		data := p.data[DefaultSDID]
		if data == nil {
			data = pairs(p.text)
		}
		if p.msgID == "lost" || strings.Contains(p.text, "lost between") {
			n, err := strconv.ParseUint(data["lines"], 10, 64)
			if err != nil {
				t.Fatalf("notice without a number: %+v", p)
			}
			tally.Told += n
			tally.Notices++
			continue
		}
		n, err := strconv.Atoi(data["n"])
		if err != nil {
			t.Fatalf("line without a number: %+v", p)
		}
		tally.Numbers = append(tally.Numbers, n)
	}
	return tally
}

// pairs reads name=value behind a text; values with spaces are not expected.
func pairs(text string) map[string]string {
	data := map[string]string{}
	for _, word := range strings.Fields(text) {
		if name, value, ok := strings.Cut(word, "="); ok {
			data[name] = value
		}
	}
	return data
}

// lines counts the messages that are ours in a cheap way.
func (r *receiver) lines(t *testing.T, from int64) int {
	t.Helper()
	f, err := os.Open(r.out)
	if err != nil {
		return 0
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, from, 1<<40))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte(" dropwatch "))
}

// quiet waits until the daemon has written all.
func (r *receiver) quiet(t *testing.T) {
	t.Helper()
	size, since := int64(-1), time.Now()
	logtest.WaitFor(t, "the daemon to write", func() bool {
		if now := r.size(); now != size {
			size, since = now, time.Now()
		}
		return time.Since(since) > 150*time.Millisecond
	})
}

func (r *receiver) size() int64 {
	info, err := os.Stat(r.out)
	if err != nil {
		return 0
	}
	return info.Size()
}

// destination makes a destination of a URL and the options that every test needs.
func (r *receiver) destination(t *testing.T, url string) *Destination {
	t.Helper()
	c, err := ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c.Hostname = "host.example"
	if c.Network == TLS {
		c.TLS = TLSConfig{CAFile: r.certs.ca, CertFile: r.certs.clientCert, KeyFile: r.certs.clientKey, ServerName: "loghost.example"}
	}
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
