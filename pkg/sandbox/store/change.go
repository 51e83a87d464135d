package store

import (
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
)

// Stamp gives the item, and with it every exception of a series, a new version,
// and the item the time of its change.
func (e *Entry) Stamp(changeKey, at string) {
	version := func(body rawjson.Object) rawjson.Object {
		if e.Kind != Tasks {
			body = body.Set("changeKey", changeKey)
		}
		return body.Set("@odata.etag", ids.Etag(changeKey))
	}
	e.changed()
	e.Body = version(e.Body).Set("lastModifiedDateTime", at)
	e.eachException(version)
}

// eachException replaces every exception of a series by what change makes of it.
func (e *Entry) eachException(change func(rawjson.Object) rawjson.Object) {
	exceptions := e.Body.Objects("exceptionOccurrences")
	if len(exceptions) == 0 {
		return
	}
	for n := range exceptions {
		exceptions[n] = change(exceptions[n])
	}
	e.Body = e.Body.Set("exceptionOccurrences", exceptions)
}

// Replace puts a changed body in place; a plain occurrence turns into an
// exception that keeps its id.
func (t Target) Replace(body rawjson.Object) {
	if t.slot == nil {
		t.Body = body
		return
	}
	if t.slot.plain {
		body = body.Set("type", "exception")
		t.Body = t.Body.Set("exceptionOccurrences", append(t.Body.Objects("exceptionOccurrences"), body))
		t.slot.plain = false
	} else {
		t.eachException(func(old rawjson.Object) rawjson.Object {
			if old.Text("id") == body.Text("id") {
				return body
			}
			return old
		})
	}
	t.slot.body = body
	t.Box.indexExceptions(t.Entry)
}

// Fresh reads an occurrence's body anew from its series.
func (t Target) Fresh() {
	if t.slot == nil {
		return
	}
	for _, exception := range t.Body.Objects("exceptionOccurrences") {
		if exception.Text("id") == t.slot.body.Text("id") {
			t.slot.body = exception
		}
	}
}

// CancelOccurrence takes an occurrence or exception out of its series and names
// its date as cancelled.
func (t Target) CancelOccurrence() {
	if !t.slot.plain {
		id := t.slot.body.Text("id")
		kept := slices.DeleteFunc(t.Body.Objects("exceptionOccurrences"), func(o rawjson.Object) bool { return o.Text("id") == id })
		t.Body = t.Body.Set("exceptionOccurrences", kept)
		t.Box.forgetException(t.Entry, t.slot.body)
	}
	cancelled := append(t.Body.Texts("cancelledOccurrences"), series.CancelledID(t.ID, t.slot.day))
	t.Body = t.Body.Set("cancelledOccurrences", cancelled)
}

// rename gives the item another default id, wherever it is named, and a contact
// Deleted Items as its folder.
func (e *Entry) rename(id string) {
	old := e.ID
	e.ID, e.Body = id, e.Body.Set("id", id)
	if e.Kind == Contacts {
		e.Body = e.Body.Set("parentFolderId", e.Box.DeletedID)
	}
	e.eachException(func(o rawjson.Object) rawjson.Object { return o.Set("seriesMasterId", id) })
	if cancelled := e.Body.Texts("cancelledOccurrences"); len(cancelled) > 0 {
		for n := range cancelled {
			cancelled[n] = strings.Replace(cancelled[n], old, id, 1)
		}
		e.Body = e.Body.Set("cancelledOccurrences", cancelled)
	}
}
