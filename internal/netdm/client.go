package netdm

import (
	"errors"
	"fmt"
	"os"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Config says how to reach the monitor. The zero value is good.
type Config struct {
	// NetNS is a file descriptor of the network namespace to speak in, which
	// must be the initial one. 0 means that of the calling thread.
	NetNS int
	// ReceiveBuffer is the size in bytes of the buffer for alerts; 0 means
	// 32 MiB. Without CAP_NET_ADMIN the kernel gives less, see
	// net.core.rmem_max.
	ReceiveBuffer int
	// Runtime is the directory where Begin notes what it switched on. Empty
	// means $RUNTIME_DIRECTORY, else /run/dropwatch for root and
	// $XDG_RUNTIME_DIR/dropwatch for others.
	Runtime string
	// Idle, if not nil, is called by Receive before it waits, when all alerts
	// that were there are delivered.
	Idle func()
}

// A Client is a connection to the drop monitor. Its methods are for one
// goroutine at a time, but for Wake.
type Client struct {
	control  *genetlink.Conn
	family   family
	message  []byte // the family, as the kernel told it
	features Features
	dial     func() (socket, error)
	idle     func()

	receiver *receiver // nil until Subscribe
	wake     wake
	tail     tailDrops
	guest    guest

	// what Close must undo
	software, hardware bool
	before, after      Settings
	changed            bool
	closed             bool
}

// Dial connects to the drop monitor; the kernel loads its module if it can. It
// needs no privilege. The error is ErrNotAvailable if there is no monitor, and
// says what is missing then.
func Dial(config Config) (*Client, error) {
	control, err := genetlink.Dial(&netlink.Config{NetNS: config.NetNS})
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	return newClient(config, control, func() (socket, error) { return dialEvents(config) })
}

// newClient takes over the connection.
func newClient(config Config, control *genetlink.Conn, dial func() (socket, error)) (*Client, error) {
	// Missing before Linux 4.12; errors then have no words.
	_ = control.SetOption(netlink.ExtendedAcknowledge, true)
	c := &Client{control: control, dial: dial, idle: config.Idle, guest: guest{runtime: config.Runtime}}
	c.guest.alone = c.alone
	if err := c.probe(config.NetNS == 0); err != nil {
		return nil, errors.Join(err, control.Close())
	}
	return c, nil
}

// probe asks the generic netlink controller for the family. The library does
// that too, but leaves out what tells the features. Here means that we speak in
// the namespace of this thread.
func (c *Client) probe(here bool) error {
	e := netlink.NewAttributeEncoder()
	e.String(unix.CTRL_ATTR_FAMILY_NAME, familyName)
	body, err := e.Encode()
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	replies, err := c.control.Execute(genetlink.Message{
		Header: genetlink.Header{Command: unix.CTRL_CMD_GETFAMILY, Version: 1},
		Data:   body,
	}, unix.GENL_ID_CTRL, netlink.Request)
	if errors.Is(err, os.ErrNotExist) {
		root := os.DirFS("/")
		return notAvailable(root, release(), here && elsewhere(root))
	}
	if err != nil {
		return refused("find drop monitor", err)
	}
	if len(replies) != 1 {
		return fmt.Errorf("find drop monitor: %d replies where one is due", len(replies))
	}
	if c.family, err = decodeFamily(replies[0].Data); err != nil {
		return fmt.Errorf("find drop monitor: %w", err)
	}
	c.features = c.family.features()
	c.message, err = familyMessage(replies[0])
	return err
}

func release() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return "of unknown release"
	}
	return unix.ByteSliceToString(name.Release[:])
}

// familyMessage rebuilds the whole netlink message of the reply.
func familyMessage(reply genetlink.Message) ([]byte, error) {
	data, err := reply.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("encode family: %w", err)
	}
	message, err := netlink.Message{
		Header: netlink.Header{
			Length: uint32(messageHeader + align(len(data))),
			Type:   unix.GENL_ID_CTRL,
		},
		Data: data,
	}.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("encode family: %w", err)
	}
	return message, nil
}

// Features returns what this kernel's monitor can do.
func (c *Client) Features() Features { return c.features }

// FamilyMessage returns the controller's netlink message that describes the
// family. A reader of recorded alerts needs it to know them by their number.
func (c *Client) FamilyMessage() []byte { return c.message }

// order sends a request that is answered with success or an error.
func (c *Client) order(operation string, command uint8, body []byte) error {
	_, err := c.control.Execute(c.request(command, body), c.family.id, netlink.Request|netlink.Acknowledge)
	if err != nil {
		return refused(operation, err)
	}
	return nil
}

// ask sends a request that is answered with one message of the given command.
func (c *Client) ask(operation string, command, answer uint8) ([]byte, error) {
	replies, err := c.control.Execute(c.request(command, nil), c.family.id, netlink.Request)
	if err != nil {
		return nil, refused(operation, err)
	}
	if len(replies) != 1 || replies[0].Header.Command != answer {
		return nil, fmt.Errorf("%s: the kernel's answer is not the one due", operation)
	}
	return replies[0].Data, nil
}

func (c *Client) request(command uint8, body []byte) genetlink.Message {
	return genetlink.Message{
		Header: genetlink.Header{Command: command, Version: c.family.version},
		Data:   body,
	}
}

// Configuration returns the settings in force. It needs no privilege and Linux
// 5.4.
func (c *Client) Configuration() (Settings, error) {
	const operation = "read the drop monitor's configuration"
	if !c.features.Configure {
		return Settings{}, unsupported(operation)
	}
	body, err := c.ask(operation, commandGetConfiguration, commandConfiguration)
	if err != nil {
		return Settings{}, err
	}
	return decodeSettings(body)
}

// Stats returns how many packets the monitor itself dropped since it was
// loaded. It needs no privilege and Linux 5.4.
func (c *Client) Stats() (Stats, error) {
	const operation = "read the drop monitor's statistics"
	if !c.features.Stats {
		return Stats{}, unsupported(operation)
	}
	body, err := c.ask(operation, commandGetStats, commandStats)
	if err != nil {
		return Stats{}, err
	}
	return decodeStats(body)
}

func unsupported(operation string) error {
	return refused(operation, unix.EOPNOTSUPP)
}
