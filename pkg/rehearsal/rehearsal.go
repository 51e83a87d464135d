// Package rehearsal makes a tenant of the sandbox from a backup, so that
// tomorrow's run can be tried on a copy of today's mailboxes.
//
// It promises that the copy answers as the original did, as far as the backup
// holds it: the same tenant, accounts, folders and items, the same immutable
// ids and versions, series with their exceptions and cancelled dates,
// attachments with their contents, photos, master categories. So a plan for one
// has the digest of a plan for the other. What the backup does not hold is not
// there: groups, items that could not be read. Mailbox settings are the
// sandbox's own.
//
// A plan is rehearsed on such a copy by the real client and the real workflow, in
// memory and in virtual time: what it promises is what the deed does if the
// mailboxes stay as they are, nothing fails, and the service takes the time that
// is assumed. It cannot know what others do meanwhile.
//
// It refuses a snapshot that is not finished or not what its manifest says.
package rehearsal

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// File is the snapshot in dir as a tenant file, and the snapshot's manifest.
// snapshot.ErrDamaged and snapshot.ErrNoSnapshot say that it cannot be used,
// snapshot.ErrKey that it is encrypted and no key opens it.
func File(dir *durable.Dir, keys ...snapshot.Identity) ([]byte, snapshot.Manifest, error) {
	proof, err := snapshot.Verify(dir, keys...)
	if err != nil {
		return nil, snapshot.Manifest{}, err
	}
	from, err := snapshot.Open(dir, keys...)
	if err != nil {
		return nil, snapshot.Manifest{}, err
	}
	users := make([]rawjson.Object, 0, len(proof.Manifest.Mailboxes))
	for _, box := range proof.Manifest.Mailboxes {
		user, err := readMailbox(from, box)
		if err != nil {
			return nil, snapshot.Manifest{}, fmt.Errorf("mailbox of %s: %w", box.Account.Name(), err)
		}
		users = append(users, user)
	}
	tenant := proof.Manifest.Tenant
	file := rawjson.Of("tenantId", tenant.ID, "displayName", tenant.DisplayName, "users", users, "groups", []string{})
	return file, proof.Manifest, nil
}

// reader gathers the items of one mailbox by their folders.
type reader struct {
	from  restore.Reader
	box   snapshot.Mailbox
	items map[place][]rawjson.Object
}

// place is a folder: ids are unique within a kind.
type place struct {
	kind item.Kind
	id   string
}

func readMailbox(from *snapshot.Reader, box snapshot.Mailbox) (rawjson.Object, error) {
	about, err := from.About(box)
	if err != nil {
		return nil, err
	}
	r := &reader{from, box, map[place][]rawjson.Object{}}
	for _, kind := range from.Manifest().Kinds {
		if err := from.Lines(box, kind, r.add); err != nil {
			return nil, err
		}
	}
	a := box.Account
	user := rawjson.Of("id", a.ID, "userPrincipalName", a.UPN, "mail", a.Address, "displayName", a.DisplayName,
		"userPurpose", a.Purpose, "mailbox", true, "masterCategories", append([]json.RawMessage{}, about.Categories...))
	return r.withFolders(user, about.Folders), nil
}

func (r *reader) add(l snapshot.Line) error {
	body, err := r.body(l)
	if err != nil {
		return err
	}
	at := place{l.Kind, l.FolderID}
	r.items[at] = append(r.items[at], body)
	return nil
}

// body reads one item with all its parts.
func (r *reader) body(l snapshot.Line) (rawjson.Object, error) {
	body, err := rawjson.Parse(l.Item)
	if err != nil {
		return nil, err
	}
	body = r.named(l.Kind, body)
	if body, err = r.withAttachments(l.Kind, body, l.Attachments); err != nil {
		return nil, err
	}
	if l.Photo != nil {
		photo, err := r.from.Blob(l.Photo.Blob)
		if err != nil {
			return nil, err
		}
		body = body.Set("photo", rawjson.Of("contentType", l.Photo.ContentType, "contentBytes", base64.StdEncoding.EncodeToString(photo)))
	}
	if l.Series != nil {
		return r.withSeries(body, l)
	}
	return body, nil
}

// named gives a body a default id beside the immutable one, under which the
// backup has it. Tasks have no immutable ids.
func (r *reader) named(kind item.Kind, body rawjson.Object) rawjson.Object {
	if kind == item.Tasks {
		return body
	}
	return body.Set("id", r.defaultID(body.Text("id"))).Set("immutableId", body.Text("id"))
}

func (r *reader) defaultID(immutable string) string {
	return ids.New(r.box.Account.ID, "rehearsal "+immutable, 0)
}

func (r *reader) withAttachments(kind item.Kind, body rawjson.Object, blobs []string) (rawjson.Object, error) {
	var list []rawjson.Object
	for _, name := range blobs {
		data, err := r.from.Blob(name)
		if err != nil {
			return nil, err
		}
		attachment, err := rawjson.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("attachment %s: %w", name, err)
		}
		list = append(list, r.named(kind, attachment.Without("@odata.context")))
	}
	if len(list) == 0 {
		return body, nil
	}
	return body.Set("attachments", list), nil
}

// withSeries puts back what Graph answers apart from a series master.
func (r *reader) withSeries(body rawjson.Object, l snapshot.Line) (rawjson.Object, error) {
	series, err := rawjson.Parse(l.Series)
	if err != nil {
		return nil, fmt.Errorf("series: %w", err)
	}
	exceptions := series.Objects("exceptionOccurrences")
	for n, x := range exceptions {
		named := r.named(l.Kind, x).Set("seriesMasterId", body.Text("id"))
		if exceptions[n], err = r.withAttachments(l.Kind, named, l.ExceptionAttachments[x.Text("id")]); err != nil {
			return nil, err
		}
	}
	cancelled := series.Texts("cancelledOccurrences")
	for n := range cancelled {
		cancelled[n] = strings.Replace(cancelled[n], l.ID, body.Text("id"), 1)
	}
	return body.Set("exceptionOccurrences", append([]rawjson.Object{}, exceptions...)).
		Set("cancelledOccurrences", append([]string{}, cancelled...)), nil
}
