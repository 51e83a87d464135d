package tenant

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
)

// containers are where each kind lies in a tenant file.
var containers = []struct {
	kind    Kind
	member  string // of the user
	content string // of the container
}{
	{Contacts, "contactFolders", "contacts"},
	{Events, "calendars", "events"},
	{Tasks, "todoLists", "tasks"},
}

// Load reads a tenant file. Items may lack members that Exchange always has;
// what an item cannot lack is an id of its own within its mailbox (a task:
// within its list). The error says where in the file the fault is.
func Load(r io.Reader) (*Tenant, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read tenant file: %w", err)
	}
	doc, err := rawjson.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("read tenant file: it must be one JSON object with tenantId and users: %w", err)
	}
	t := &Tenant{
		id: doc.Text("tenantId"), name: doc.Text("displayName"), now: time.Now,
		byName: map[string]*Mailbox{}, copies: store.Copies{},
		// A tenant that was written and loaded again must not repeat its own ids.
		seq: uint64(crc32.ChecksumIEEE(doc)),
	}
	if t.id == "" {
		return nil, errors.New("read tenant file: tenantId is missing")
	}
	users := doc.Objects("users")
	// Every search in the small rest is faster than one past the users.
	doc = doc.Set("users", []string{})
	t.groups = doc.Objects("groups")
	t.layout = doc.Set("groups", []string{})
	if err := t.loadUsers(users); err != nil {
		return nil, fmt.Errorf("read tenant file: %w", err)
	}
	return t, nil
}

func (t *Tenant) loadUsers(users []rawjson.Object) error {
	if len(users) == 0 {
		return errors.New("users is missing or empty")
	}
	for i, doc := range users {
		m, err := t.loadUser(doc)
		if err != nil {
			return fmt.Errorf("users[%d]: %w", i, err)
		}
		for _, name := range []string{m.ID, m.UPN} {
			name = strings.ToLower(name)
			if other, taken := t.byName[name]; taken && other != m {
				return fmt.Errorf("users[%d]: %q is another user's id or name already", i, name)
			}
			t.byName[name] = m
		}
		t.users = append(t.users, m)
	}
	return nil
}

func (t *Tenant) loadUser(doc rawjson.Object) (*Mailbox, error) {
	m := &Mailbox{
		ID: doc.Text("id"), UPN: doc.Text("userPrincipalName"), Mail: doc.Text("mail"),
		DisplayName: doc.Text("displayName"), Purpose: doc.Text("userPurpose"),
		Enabled: doc.Bool("mailbox", true), tenant: t,
		categories: doc.Objects("masterCategories"),
		box:        store.New(doc.Text("id"), t.copies),
	}
	if m.ID == "" || m.UPN == "" {
		return nil, errors.New("id and userPrincipalName are needed")
	}
	m.layout = doc
	if err := m.setState(doc.Text("state")); err != nil {
		return nil, err
	}
	for _, c := range containers {
		for i, f := range m.layout.Objects(c.member) {
			if err := m.loadFolder(c.kind, f, c.content); err != nil {
				return nil, fmt.Errorf("%s[%d]: %w", c.member, i, err)
			}
		}
		m.layout = m.layout.Set(c.member, []string{})
	}
	for i, entry := range m.layout.Objects("deletedItems") {
		if err := m.loadDeleted(entry); err != nil {
			return nil, fmt.Errorf("deletedItems[%d]: %w", i, err)
		}
	}
	m.layout = m.layout.Set("masterCategories", []string{}).Set("deletedItems", []string{})
	return m, nil
}

func (m *Mailbox) loadFolder(kind Kind, doc rawjson.Object, content string) error {
	id := doc.Text("id")
	if id == "" {
		return errors.New("id is missing")
	}
	if _, err := m.box.Folder(kind, id); err == nil {
		return fmt.Errorf("id %q is there twice", id)
	}
	f := m.box.AddFolder(kind, doc.Set(content, []string{}))
	for i, body := range doc.Objects(content) {
		e := m.box.NewEntry(kind, f, body.Text("id"), body)
		if err := m.box.Check(e); err != nil {
			return fmt.Errorf("%s[%d]: %w", content, i, err)
		}
		m.box.Put(e)
	}
	return nil
}

// loadDeleted reads an entry of Deleted Items as MarshalJSON writes it.
func (m *Mailbox) loadDeleted(entry rawjson.Object) error {
	kind, body := Kind(entry.Text("kind")), entry.Object("item")
	f, err := m.box.Folder(kind, entry.Text("folderId"))
	if err != nil {
		return fmt.Errorf("folderId %q is no folder of kind %q", entry.Text("folderId"), kind)
	}
	e := m.box.NewEntry(kind, f, body.Text("id"), body)
	e.Former = entry.Text("formerId")
	if immutable := entry.Text("immutableId"); immutable != "" {
		e.Immutable = immutable
	}
	if err := m.box.Check(e); err != nil {
		return err
	}
	m.box.PutDeleted(e)
	return nil
}
