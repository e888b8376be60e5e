package history

import (
	"container/list"
	"errors"
	"time"

	"dropwatch/internal/history/ring"
)

// An openFile is a file that is held open.
type openFile struct {
	*ring.File
	id    string
	named time.Time // when a name was last written
}

// openFiles are the files that were used last.
type openFiles struct {
	most  int
	byID  map[string]*list.Element
	order list.List // of *openFile, the last used first
}

func (o *openFiles) count() int { return len(o.byID) }

func (o *openFiles) get(id string) *openFile {
	e, ok := o.byID[id]
	if !ok {
		return nil
	}
	o.order.MoveToFront(e)
	return e.Value.(*openFile)
}

// put adds a file, and closes the one not used for longest if there are too
// many. All that was written is in it already.
func (o *openFiles) put(id string, f *ring.File) *openFile {
	if o.byID == nil {
		o.byID = make(map[string]*list.Element)
	}
	for len(o.byID) >= max(o.most, 1) {
		o.forget(o.order.Back().Value.(*openFile).id)
	}
	file := &openFile{File: f, id: id}
	o.byID[id] = o.order.PushFront(file)
	return file
}

func (o *openFiles) forget(id string) error {
	e, ok := o.byID[id]
	if !ok {
		return nil
	}
	delete(o.byID, id)
	return o.order.Remove(e).(*openFile).Close()
}

func (o *openFiles) closeAll() error {
	var errs []error
	for id := range o.byID {
		errs = append(errs, o.forget(id))
	}
	return errors.Join(errs...)
}
