package netdm

import (
	"errors"
	"fmt"
	"os"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// What the errors of this package can be, beside os.ErrPermission and
// errors.ErrUnsupported (this kernel's monitor is too old for the request).
var (
	// ErrNotAvailable says that there is no drop monitor to speak with.
	ErrNotAvailable = errors.New("no kernel drop monitor")
	// ErrRunning says that the monitor was on already. Its alerts can be
	// listened to all the same.
	ErrRunning = errors.New("already running")
	// ErrBusy says that settings cannot be changed while the monitor is on.
	ErrBusy = errors.New("busy")
)

// A RefusalError is a request that the kernel refused. It unwraps to the
// matching error above, if there is one, and to the kernel's error number.
type RefusalError struct {
	Operation string // such as "start drop monitor"
	Kind      error  // ErrRunning and so on, or nil
	Err       error  // what the kernel returned
	Message   string // the kernel's own words, or empty
	Cure      string // what the user can do, or empty
}

func (e *RefusalError) Error() string {
	text := e.Operation + ": "
	if e.Kind != nil {
		text += e.Kind.Error()
	} else {
		text += e.Err.Error()
	}
	if e.Message != "" {
		text += fmt.Sprintf(" (kernel: %s)", e.Message)
	}
	if e.Cure != "" {
		text += ": " + e.Cure
	}
	return text
}

// Unwrap gives errors.Is and errors.As both errors.
func (e *RefusalError) Unwrap() []error {
	if e.Kind == nil {
		return []error{e.Err}
	}
	return []error{e.Kind, e.Err}
}

// refused explains what the kernel answered to a request.
func refused(operation string, err error) error {
	r := &RefusalError{Operation: operation, Err: err}
	if e, ok := errors.AsType[*netlink.OpError](err); ok {
		r.Message, r.Err = e.Message, e.Err
	}
	switch {
	case errors.Is(r.Err, unix.EAGAIN):
		r.Kind = ErrRunning
		r.Cure = "listen without starting, or take the monitor over"
	case errors.Is(r.Err, unix.EBUSY):
		r.Kind = ErrBusy
		r.Cure = "stop the monitor first, or take it over"
	case errors.Is(r.Err, unix.EPERM):
		r.Kind = os.ErrPermission
		r.Cure = missingRights(effective(), "CAP_NET_ADMIN")
	case errors.Is(r.Err, unix.EOPNOTSUPP):
		r.Kind = errors.ErrUnsupported
		r.Cure = "Linux 5.4 or newer is needed"
	}
	return r
}

// notJoined explains why the group of events could not be joined.
func notJoined(err error) error {
	const operation = "join the drop monitor's events"
	if e, ok := errors.AsType[*netlink.OpError](err); ok {
		err = e.Err
	}
	if errors.Is(err, unix.EPERM) {
		return &RefusalError{
			Operation: operation, Kind: os.ErrPermission, Err: err,
			Cure: missingRights(effective(), "CAP_SYS_ADMIN"),
		}
	}
	return &RefusalError{Operation: operation, Err: err}
}
