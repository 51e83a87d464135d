package handout

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/handout/calendar"
	"github.com/riva-prep/riva-prep/pkg/handout/card"
	"github.com/riva-prep/riva-prep/pkg/handout/form"
	"github.com/riva-prep/riva-prep/pkg/handout/table"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// What the formats cannot carry, as it is counted.
const (
	Attachments   = "have attachments, which stay in the backup"
	NoEnd         = "have an end that cannot be read, and end as they begin"
	Nameless      = "have no name, and are called " + card.Nameless
	NoPhoto       = "have a picture, which a table cannot hold"
	MailNames     = "have other names beside their addresses, which a vCard cannot hold"
	OtherBirthday = "have a birthday that is no date"
	Repeats       = "repeat: a table holds the first date only, an ics file all"
	Apostrophe    = "begin with a sign of a formula, and got an apostrophe before it"
	TaskRepeats   = "repeat: a table holds the next date only"
	SplitCategory = "have a category with a semicolon, which a table takes for two"
)

// folderKey tells folders of the same path apart.
type folderKey struct{ path, id string }

func keyOf(l snapshot.Line) folderKey { return folderKey{l.Folder, l.FolderID} }

// title is a folder's path as part of a file name.
func title(path string) string { return strings.ReplaceAll(path, "/", " - ") }

// perFolder makes something for each folder when its first item comes.
func perFolder[T any](start func(snapshot.Line) (T, error)) func(snapshot.Line) (T, error) {
	made := map[folderKey]T{}
	return func(l snapshot.Line) (T, error) {
		if t, ok := made[keyOf(l)]; ok {
			return t, nil
		}
		t, err := start(l)
		if err == nil {
			made[keyOf(l)] = t
		}
		return t, err
	}
}

// adder is a file of many items.
type adder[T any] interface {
	Add(T) error
	End() (guarded int, err error)
}

// tableOf opens a table for each folder.
func tableOf[T any, A adder[T]](h *hand, kind item.Kind, start func(io.Writer) (A, error)) func(snapshot.Line) (A, error) {
	return perFolder(func(l snapshot.Line) (A, error) {
		var none A
		w, err := h.create(".csv", string(kind), title(l.Folder))
		if err != nil {
			return none, err
		}
		t, err := start(w)
		h.open = append(h.open, closing(func() error {
			if err != nil {
				return w.Close()
			}
			guarded, err := t.End()
			for range guarded {
				h.notes.Add(kind, Apostrophe)
			}
			return errors.Join(err, w.Close())
		}))
		return t, err
	})
}

type closing func() error

// Close calls c.
func (c closing) Close() error { return c() }

func (h *hand) cards() error {
	tables := tableOf[form.Contact](h, item.Contacts, table.Contacts)
	return h.each(item.Contacts, func(l snapshot.Line) error {
		c, err := h.contact(l)
		if err != nil {
			return err
		}
		photo, err := h.photo(l)
		if err != nil {
			return err
		}
		if c.Name() == "" {
			h.notes.Add(item.Contacts, Nameless)
		}
		if slices.ContainsFunc(c.Mails, func(m form.Mail) bool { return m.Name != "" && m.Name != m.Address && m.Name != c.DisplayName }) {
			h.notes.Add(item.Contacts, MailNames)
		}
		name := string(c.Name())
		if name == "" {
			name = card.Nameless
		}
		err = h.save(func(w io.Writer) error { return card.Write(w, c, photo) }, ".vcf", string(item.Contacts), title(l.Folder), name)
		if err != nil {
			return err
		}
		t, err := tables(l)
		if err != nil {
			return err
		}
		return t.Add(c)
	})
}

// contact reads a contact and counts what no format carries of it.
func (h *hand) contact(l snapshot.Line) (form.Contact, error) {
	c, err := form.ReadContact(l.Item)
	if err != nil {
		return c, err
	}
	if _, ok := c.Birthday(); !ok && c.BirthdayText != "" {
		h.notes.Add(item.Contacts, OtherBirthday)
	}
	h.splits(item.Contacts, c.Categories)
	return c, nil
}

func (h *hand) splits(kind item.Kind, categories []form.Text) {
	if slices.ContainsFunc(categories, func(c form.Text) bool { return strings.Contains(string(c), ";") }) {
		h.notes.Add(kind, SplitCategory)
	}
}

func (h *hand) photo(l snapshot.Line) (*card.Photo, error) {
	if l.Photo == nil {
		return nil, nil
	}
	data, err := h.src.Blob(l.Photo.Blob)
	if err != nil {
		return nil, fmt.Errorf("picture of contact %s: %w", l.ID, err)
	}
	return &card.Photo{ContentType: l.Photo.ContentType, Bytes: data}, nil
}

// calendars reads the events twice: a file describes time zones before it has
// events, and a calendar may be too large to be kept.
func (h *hand) calendars() error {
	zones := perFolder(func(snapshot.Line) (*calendar.Zones, error) { return calendar.NewZones(h.home, h.box.At), nil })
	err := h.src.Lines(item.Events, func(l snapshot.Line) error {
		// What cannot be read is left the second time.
		if e, _, err := form.ReadEvent(l.Item, nil); err == nil {
			z, _ := zones(l)
			z.Need(e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	calendars := perFolder(func(l snapshot.Line) (*calendar.Calendar, error) {
		z, _ := zones(l)
		return h.calendar(l.Folder, z)
	})
	return h.each(item.Events, func(l snapshot.Line) error {
		e, series, err := h.event(l)
		if err != nil {
			return err
		}
		c, err := calendars(l)
		if err != nil {
			return err
		}
		return c.Add(e, series)
	})
}

func (h *hand) calendar(path string, zones *calendar.Zones) (*calendar.Calendar, error) {
	w, err := h.create(".ics", string(item.Events), title(path))
	if err != nil {
		return nil, err
	}
	c, err := calendar.Begin(w, form.Clean(path), zones, h.notes)
	h.open = append(h.open, closing(func() error { return errors.Join(c.End(), w.Close()) }))
	return c, err
}

// event reads an event and counts what no format carries of it.
func (h *hand) event(l snapshot.Line) (form.Event, form.Series, error) {
	e, series, err := form.ReadEvent(l.Item, l.Series)
	if err != nil {
		return e, series, err
	}
	if _, _, err := e.Times(); err != nil {
		return e, series, err
	}
	if e.EndUnread() {
		h.notes.Add(item.Events, NoEnd)
	}
	if len(l.Attachments)+len(l.ExceptionAttachments) > 0 {
		h.notes.Add(item.Events, Attachments)
	}
	return e, series, nil
}

func (h *hand) tables() error {
	return errors.Join(h.contactTables(), h.eventTables(), h.taskTables())
}

func (h *hand) contactTables() error {
	tables := tableOf[form.Contact](h, item.Contacts, table.Contacts)
	return h.each(item.Contacts, func(l snapshot.Line) error {
		c, err := h.contact(l)
		if err != nil {
			return err
		}
		if l.Photo != nil {
			h.notes.Add(item.Contacts, NoPhoto)
		}
		t, err := tables(l)
		if err != nil {
			return err
		}
		return t.Add(c)
	})
}

func (h *hand) eventTables() error {
	tables := tableOf[form.Event](h, item.Events, func(w io.Writer) (*table.Table[form.Event], error) { return table.Events(w, h.home) })
	return h.each(item.Events, func(l snapshot.Line) error {
		e, _, err := h.event(l)
		if err != nil {
			return err
		}
		if e.Recurrence != nil {
			h.notes.Add(item.Events, Repeats)
		}
		h.splits(item.Events, e.Categories)
		t, err := tables(l)
		if err != nil {
			return err
		}
		return t.Add(e)
	})
}

func (h *hand) taskTables() error {
	tables := tableOf[form.Task](h, item.Tasks, func(w io.Writer) (*table.Table[form.Task], error) { return table.Tasks(w, h.home) })
	return h.each(item.Tasks, func(l snapshot.Line) error {
		task, err := form.ReadTask(l.Item)
		if err != nil {
			return err
		}
		if len(l.Attachments) > 0 {
			h.notes.Add(item.Tasks, Attachments)
		}
		if task.Recurrence != nil {
			h.notes.Add(item.Tasks, TaskRepeats)
		}
		h.splits(item.Tasks, task.Categories)
		t, err := tables(l)
		if err != nil {
			return err
		}
		return t.Add(task)
	})
}
