// Package item holds what a mailbox is made of as far as riva-prep is
// concerned: folders, and the contacts, events and tasks in them.
//
// An Item keeps the bytes that Graph answered, untouched, beside the few
// members that a decision rests on. Those bytes are what a backup stores, so
// nothing here re-encodes them. The package does no I/O and refuses an item
// without an id: such an item could be neither backed up nor deleted.
package item

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
)

// ErrMalformed says that bytes which should have been an item are not one.
var ErrMalformed = errors.New("not an item")

// Folder is a contact folder, a calendar or a task list.
type Folder struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
	// Path is what a person sees: the names from the top, joined by slashes.
	Path string `json:"path"`
	// Name is the folder's own, Parent the id of the contact folder above it.
	Name   string `json:"name,omitempty"`
	Parent string `json:"parent,omitempty"`
	// Default is the folder of its kind that every mailbox has.
	Default bool `json:"default,omitempty"`
	// Closed says why nothing in this folder is ever written; empty means
	// that it belongs to the mailbox and may be written.
	Closed string `json:"closed,omitempty"`
	// Depth is how far a contact folder lies below the top: 1 for those right
	// below the default one and beside it. 0 where nobody has looked.
	Depth int `json:"-"`
}

// Writable says whether items in the folder may be deleted or tagged at all.
func (f Folder) Writable() bool { return f.Closed == "" }

// Item is one contact, one event (single or series master) or one task.
type Item struct {
	Kind   Kind
	Folder Folder
	ID     string
	// Version is Graph's @odata.etag. It changes whenever the item does; an
	// event series has one for the master and all its exceptions.
	Version    string
	Categories []string
	// Title is the display name of a contact, the subject of an event, the
	// title of a task: remote text, unsafe to print as it is.
	Title    string
	Created  time.Time
	Modified time.Time
	// Event is set for events only.
	Event *Event
	// HasAttachments is Graph's own word; it is false for inline ones.
	HasAttachments bool
	// HasPhoto says that a contact has a picture (PictureProperty).
	HasPhoto bool
	// Mark is what a restore left on the item, empty on others.
	Mark string
	// Raw is the object as Graph served it.
	Raw json.RawMessage
}

// wire lists the members of contact, event and todoTask that are read.
type wire struct {
	ID             string     `json:"id"`
	ETag           string     `json:"@odata.etag"`
	Categories     []string   `json:"categories"`
	DisplayName    string     `json:"displayName"`
	Subject        string     `json:"subject"`
	Title          string     `json:"title"`
	Created        time.Time  `json:"createdDateTime"`
	Modified       time.Time  `json:"lastModifiedDateTime"`
	HasAttachments bool       `json:"hasAttachments"`
	Properties     []Property `json:"singleValueExtendedProperties"`
	Links          []link     `json:"linkedResources"`
	event
}

// read decodes the members of wire only: most of an item is its body, and every
// item is read more than once.
func read(raw []byte) (w wire, err error) {
	var few jsonwalk.Object
	err = jsonwalk.Members(raw, func(name, value []byte) error {
		if Wanted(name) {
			few.Add(name, value)
		}
		return nil
	})
	if err != nil {
		return wire{}, err
	}
	err = json.Unmarshal(few.Bytes(), &w)
	return w, err
}

// Wanted says whether a member may be one that Parse reads, by its name as it is
// written: one with an escape in it may be any.
func Wanted(name []byte) bool {
	switch string(name) {
	case "id", "@odata.etag", "categories", "displayName", "subject", "title", "createdDateTime", "lastModifiedDateTime", "hasAttachments",
		"singleValueExtendedProperties", "linkedResources",
		"type", "isOrganizer", "isCancelled", "attendees", "originalStartTimeZone", "originalStart", "iCalUId", "start":
		return true
	}
	return bytes.IndexByte(name, '\\') >= 0
}

// Parse reads one element of a Graph collection. It keeps raw, which must not
// be changed afterwards.
func Parse(folder Folder, raw []byte) (Item, error) {
	w, err := read(raw)
	return made(folder, raw, w, err)
}

// ParsePicked is Parse for raw bytes of which the Wanted members were picked out
// before, as an object: it does not go through the rest again.
func ParsePicked(folder Folder, raw, picked []byte) (Item, error) {
	var w wire
	err := json.Unmarshal(picked, &w)
	return made(folder, raw, w, err)
}

// made is the item of what was read of it.
func made(folder Folder, raw []byte, w wire, err error) (Item, error) {
	if err != nil {
		return Item{}, fmt.Errorf("%w: %s of folder %q: %w", ErrMalformed, folder.Kind.Singular(), folder.Path, err)
	}
	if w.ID == "" {
		return Item{}, fmt.Errorf("%w: %s without an id in folder %q", ErrMalformed, folder.Kind.Singular(), folder.Path)
	}
	it := Item{
		Kind: folder.Kind, Folder: folder, ID: w.ID, Version: w.ETag, Categories: w.Categories,
		Created: w.Created, Modified: w.Modified, HasAttachments: w.HasAttachments, Raw: raw,
		HasPhoto: w.hasPhoto(), Mark: w.mark(),
	}
	switch folder.Kind {
	case Contacts:
		it.Title = w.DisplayName
	case Events:
		it.Title, it.Event = w.Subject, w.parse()
	case Tasks:
		it.Title = w.Title
	}
	return it, nil
}

// MayHaveAttachments says whether to ask for attachments: Graph's own word, or
// a body that shows an inline one, which Graph's word leaves out (observed in
// the field).
func (it Item) MayHaveAttachments() bool {
	return it.HasAttachments || it.Kind == Events && hasInline(it.Raw)
}

// hasInline looks for "cid:". Colons are rarer in a text than any of its letters.
func hasInline(raw []byte) bool {
	for {
		before, after, found := bytes.Cut(raw, []byte{':'})
		if !found || bytes.HasSuffix(before, []byte("cid")) {
			return found
		}
		raw = after
	}
}

// Date is the day that a person would sort the item by: the start of an
// event, else the day it was made.
func (it Item) Date() time.Time {
	if it.Event != nil && !it.Event.Start.IsZero() {
		return it.Event.Start
	}
	return it.Created
}
