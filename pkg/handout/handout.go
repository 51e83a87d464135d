// Package handout gives people their own items back from a snapshot, as files
// that Outlook and other programs import: vCards, calendars and tables.
//
// It promises that importing the files mails nobody, that the same snapshot
// gives the same files, and that what a format cannot carry is counted and
// said. It refuses to stop at an item that it cannot read: that one is named,
// the others are handed out. It is for people; a restore works from the
// snapshot itself.
package handout

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// Format says what files are written.
type Format string

// The formats. VCard and CSV both hold contacts: Outlook takes one contact
// from a vCard file, and many from a table.
const (
	// VCard writes a .vcf file for each contact, and a table of each folder.
	VCard Format = "vcard"
	// ICS writes an .ics file for each calendar.
	ICS Format = "ics"
	// CSV writes a table for each folder, calendar and task list.
	CSV Format = "csv"
)

// Formats returns every format.
func Formats() []Format { return []Format{VCard, ICS, CSV} }

// ParseFormat reads a format as typed by a person. Case does not matter.
func ParseFormat(s string) (Format, error) {
	for _, f := range Formats() {
		if strings.EqualFold(strings.TrimSpace(s), string(f)) {
			return f, nil
		}
	}
	return "", fmt.Errorf("unknown format %q: use vcard, ics or csv", s)
}

// Kinds are the kinds of items that a format holds.
func (f Format) Kinds() []item.Kind {
	switch f {
	case VCard:
		return []item.Kind{item.Contacts}
	case ICS:
		return []item.Kind{item.Events}
	case CSV:
	}
	return item.Kinds()
}

// Source reads one mailbox of a snapshot.
type Source interface {
	// Lines gives the items of a kind, none where the kind was not backed up.
	Lines(kind item.Kind, each func(snapshot.Line) error) error
	// Blob reads what is stored under a name that a line gives.
	Blob(name string) ([]byte, error)
}

// Target makes files. A name has slashes between its parts, each of which
// every file system takes; no name comes twice, in any case.
type Target interface {
	Create(name string) (io.WriteCloser, error)
}

// Box says whose items they are.
type Box struct {
	Account mailbox.Account
	// Zone is the mailbox's time zone by any name: see ZoneOf. Tables have
	// their times in it. Empty is UTC.
	Zone string
	// At is the time of the backup. Time zones are described as of then.
	At time.Time
}

// ZoneOf finds the zone in mailboxSettings as Graph serves them; empty where
// there is none.
func ZoneOf(settings json.RawMessage) string {
	var s struct {
		Zone string `json:"timeZone"`
	}
	if json.Unmarshal(settings, &s) != nil {
		return ""
	}
	return s.Zone
}

// Note is something of items that the format cannot carry, and of how many.
type Note struct {
	Kind  item.Kind `json:"kind"`
	What  string    `json:"what"`
	Items int       `json:"items"`
}

// Left is an item that is in no file.
type Left struct {
	Kind   item.Kind `json:"kind"`
	Folder string    `json:"folder"`
	ID     string    `json:"id"`
	Why    string    `json:"why"`
}

// Result says what was written. Items and Left together are all items of the
// format's kinds.
type Result struct {
	Files []string          `json:"files"`
	Items map[item.Kind]int `json:"items"`
	Notes []Note            `json:"notes"`
	Left  []Left            `json:"left"`
}

// Write writes the files of one mailbox in one format. An error is the
// source's or the target's; items that cannot be read are in the result.
func Write(dst Target, src Source, box Box, f Format) (Result, error) {
	h := newHand(dst, src, box)
	write := map[Format]func() error{VCard: h.cards, ICS: h.calendars, CSV: h.tables}[f]
	if write == nil {
		return Result{}, fmt.Errorf("unknown format %q", f)
	}
	err := errors.Join(write(), h.close())
	return h.result(), err
}

// hand is one mailbox being handed out.
type hand struct {
	dst   Target
	src   Source
	box   Box
	home  *time.Location
	names names
	notes form.Notes
	done  Result
	open  []io.Closer
}

func newHand(dst Target, src Source, box Box) *hand {
	h := &hand{dst: dst, src: src, box: box, home: time.UTC, names: names{}, notes: form.Notes{}}
	h.done.Items = map[item.Kind]int{}
	if loc, err := zone.Load(box.Zone); err == nil {
		h.home = loc
	}
	return h
}

// create makes a file below the mailbox's folder.
func (h *hand) create(ext string, parts ...string) (io.WriteCloser, error) {
	name := h.names.unique(ext, append([]string{root(h.box.Account)}, parts...)...)
	w, err := h.dst.Create(name)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", name, err)
	}
	h.done.Files = append(h.done.Files, name)
	return w, nil
}

// save writes a whole file.
func (h *hand) save(write func(io.Writer) error, ext string, parts ...string) error {
	w, err := h.create(ext, parts...)
	if err != nil {
		return err
	}
	return errors.Join(write(w), w.Close())
}

// each goes through the items of a kind. What is unusable is left, with the
// reason; any other error ends it.
func (h *hand) each(kind item.Kind, hand func(snapshot.Line) error) error {
	return h.src.Lines(kind, func(l snapshot.Line) error {
		err := hand(l)
		switch {
		case err == nil:
			h.done.Items[kind]++
		case errors.Is(err, form.ErrUnusable):
			h.done.Left = append(h.done.Left, Left{kind, l.Folder, l.ID, err.Error()})
		default:
			return err
		}
		return nil
	})
}

func (h *hand) close() (err error) {
	for _, c := range h.open {
		err = errors.Join(err, c.Close())
	}
	return err
}

func (h *hand) result() Result {
	for note, n := range h.notes {
		h.done.Notes = append(h.done.Notes, Note{note.Kind, note.What, n})
	}
	order.By(h.done.Notes, func(a, b Note) int {
		return strings.Compare(string(a.Kind)+a.What, string(b.Kind)+b.What)
	})
	h.done.Items = maps.Clone(h.done.Items)
	return h.done
}
