package netdm

import (
	"encoding/binary"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"github.com/mdlayher/netlink/nltest"
	"golang.org/x/sys/unix"
)

const (
	fakeFamily = 29
	fakeGroup  = 7
)

// fakeKernel answers requests as the kernel does, errors and their words
// included.
type fakeKernel struct {
	t       *testing.T
	absent  bool
	highest uint32
	ops     []uint32
	refuse  unix.Errno // any order

	software, hardware bool
	settings           Settings
	stats              Stats
	orders             []string // START, STOP and CONFIG that succeeded

	runtime string // where clients put their markers
	crowd   bool   // somebody else listens too
}

func newKernel(t *testing.T) *fakeKernel {
	return &fakeKernel{
		t: t, highest: attributeReason, ops: []uint32{2, 3, 4, 6, 8},
		settings: Settings{Mode: Summary, Queue: 1000}, runtime: t.TempDir(),
	}
}

// client returns a client of the kernel, and the other end of its socket for
// alerts.
func (k *fakeKernel) client() (*Client, *os.File) {
	k.t.Helper()
	near, far := pair(k.t)
	c, err := newClient(Config{Runtime: k.runtime}, genetlink.NewConn(nltest.Dial(k.serve)), func() (socket, error) { return near, nil })
	if err != nil {
		k.t.Fatal(err)
	}
	c.guest.alone = func() bool { return !k.crowd }
	k.t.Cleanup(func() { c.Close() })
	return c, far
}

// pairSocket is a socket whose groups nobody minds.
type pairSocket struct{ *os.File }

func (pairSocket) JoinGroup(uint32) error  { return nil }
func (pairSocket) LeaveGroup(uint32) error { return nil }

func pair(t *testing.T) (pairSocket, *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	near, far := os.NewFile(uintptr(fds[0]), "near"), os.NewFile(uintptr(fds[1]), "far")
	t.Cleanup(func() { near.Close(); far.Close() })
	return pairSocket{near}, far
}

func (k *fakeKernel) serve(requests []netlink.Message) ([]netlink.Message, error) {
	request := requests[0]
	command := request.Data[0]
	if request.Header.Type == unix.GENL_ID_CTRL {
		if k.absent {
			return answer(request, unix.ENOENT, ""), nil
		}
		return reply(request, unix.CTRL_CMD_NEWFAMILY, k.family()), nil
	}
	if request.Header.Type != fakeFamily || request.Data[1] != 2 {
		k.t.Errorf("request for family %d version %d", request.Header.Type, request.Data[1])
	}
	switch {
	case !slices.Contains(k.ops, uint32(command)):
		return answer(request, unix.EOPNOTSUPP, ""), nil
	case command == commandGetConfiguration:
		return reply(request, commandConfiguration, settingsBody(k.settings)), nil
	case command == commandGetStats:
		return reply(request, commandStats, statsBody(k.stats)), nil
	case k.refuse != 0:
		return answer(request, k.refuse, ""), nil
	}
	errno, words := k.order(command, request.Data[genericHeader:])
	return answer(request, errno, words), nil
}

func (k *fakeKernel) order(command uint8, body []byte) (unix.Errno, string) {
	software, hardware := false, false
	settings := k.settings
	walk := attributes{rest: body}
	for walk.next() {
		switch walk.typ {
		case attributeSoftware:
			software = true
		case attributeHardware:
			hardware = true
		case attributeMode:
			settings.Mode = Mode(walk.uint8("mode"))
		case attributeTruncate:
			settings.Truncate = walk.uint32("trunc")
		case attributeQueue:
			settings.Queue = walk.uint32("queue")
		}
	}
	software = software || !hardware
	switch {
	case command == commandStart && software && k.software:
		return unix.EAGAIN, "Trace state already set to requested state"
	case command == commandStart && hardware && k.hardware:
		return unix.EAGAIN, "Hardware monitoring already enabled"
	case command == commandConfig && (k.software || k.hardware):
		return unix.EBUSY, "Cannot configure drop monitor during monitoring"
	case command == commandConfig && settings.Mode > Packets:
		return unix.EINVAL, "Invalid alert mode"
	}
	k.obey(command, software, hardware, settings)
	return 0, ""
}

func (k *fakeKernel) obey(command uint8, software, hardware bool, settings Settings) {
	switch command {
	case commandStart:
		k.software, k.hardware = k.software || software, k.hardware || hardware
		k.orders = append(k.orders, "start")
	case commandStop:
		k.software, k.hardware = k.software && !software, k.hardware && !hardware
		k.orders = append(k.orders, "stop")
	case commandConfig:
		if settings != k.settings {
			k.orders = append(k.orders, "config")
		}
		k.settings = settings
	}
}

func (k *fakeKernel) family() []byte {
	return encode(func(e *netlink.AttributeEncoder) {
		e.Uint16(unix.CTRL_ATTR_FAMILY_ID, fakeFamily)
		e.String(unix.CTRL_ATTR_FAMILY_NAME, familyName)
		e.Uint32(unix.CTRL_ATTR_VERSION, 2)
		e.Uint32(unix.CTRL_ATTR_MAXATTR, k.highest)
		e.Nested(unix.CTRL_ATTR_OPS, func(list *netlink.AttributeEncoder) error {
			for i, op := range k.ops {
				list.Nested(uint16(i+1), func(e *netlink.AttributeEncoder) error {
					e.Uint32(unix.CTRL_ATTR_OP_ID, op)
					e.Uint32(unix.CTRL_ATTR_OP_FLAGS, 1)
					return nil
				})
			}
			return nil
		})
		e.Nested(unix.CTRL_ATTR_MCAST_GROUPS, func(list *netlink.AttributeEncoder) error {
			list.Nested(1, func(e *netlink.AttributeEncoder) error {
				e.Uint32(unix.CTRL_ATTR_MCAST_GRP_ID, fakeGroup)
				e.String(unix.CTRL_ATTR_MCAST_GRP_NAME, groupName)
				return nil
			})
			return nil
		})
	})
}

func settingsBody(s Settings) []byte {
	return encode(func(e *netlink.AttributeEncoder) {
		e.Uint8(attributeMode, uint8(s.Mode))
		e.Uint32(attributeTruncate, s.Truncate)
		e.Uint32(attributeQueue, s.Queue)
	})
}

func statsBody(s Stats) []byte {
	dropped := func(n uint64) func(*netlink.AttributeEncoder) error {
		return func(e *netlink.AttributeEncoder) error { e.Uint64(attributeDropped, n); return nil }
	}
	return encode(func(e *netlink.AttributeEncoder) {
		e.Nested(attributeStats, dropped(s.Software))
		e.Nested(attributeHWStats, dropped(s.Hardware))
	})
}

func encode(fill func(*netlink.AttributeEncoder)) []byte {
	e := netlink.NewAttributeEncoder()
	fill(e)
	body, err := e.Encode()
	if err != nil {
		panic(err)
	}
	return body
}

func reply(request netlink.Message, command uint8, body []byte) []netlink.Message {
	request.Data = append([]byte{command, 2, 0, 0}, body...)
	return []netlink.Message{request}
}

// answer is NLMSG_ERROR: the error number, the request, and the words.
func answer(request netlink.Message, errno unix.Errno, words string) []netlink.Message {
	original := request.Header
	original.Length = uint32(messageHeader + len(request.Data))
	whole, err := netlink.Message{Header: original, Data: request.Data}.MarshalBinary()
	if err != nil {
		panic(err)
	}
	data := binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno)))
	data = append(data, whole...)
	request.Header.Type = netlink.Error
	if words != "" {
		const message = 1 // NLMSGERR_ATTR_MSG
		request.Header.Flags |= netlink.AcknowledgeTLVs
		data = append(data, encode(func(e *netlink.AttributeEncoder) { e.String(message, words) })...)
	}
	request.Data = data
	return []netlink.Message{request}
}

// soon is a deadline that a working test never reaches.
func soon() time.Time { return time.Now().Add(10 * time.Second) }

func equal(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}
