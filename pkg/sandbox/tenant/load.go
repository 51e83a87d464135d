package tenant

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
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
		byName: map[string]*Mailbox{}, copies: map[string][]*item{},
		// A tenant that was written and loaded again must not repeat its own ids.
		seq: uint64(crc32.ChecksumIEEE(doc)),
	}
	if t.id == "" {
		return nil, errors.New("read tenant file: tenantId is missing")
	}
	t.groups = doc.Objects("groups")
	if err := t.loadUsers(doc.Objects("users")); err != nil {
		return nil, fmt.Errorf("read tenant file: %w", err)
	}
	t.layout = doc.Set("users", []string{}).Set("groups", []string{})
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
		folders:    map[Kind][]*folder{},
		items:      map[Kind]map[string]*item{Contacts: {}, Events: {}},
		stems:      map[string]*item{}, exceptions: map[string]*item{}, sent: map[string]*item{},
	}
	if m.ID == "" || m.UPN == "" {
		return nil, errors.New("id and userPrincipalName are needed")
	}
	m.deletedID = ids.New(m.ID, "deleteditems", 0)
	m.layout = doc
	for _, c := range containers {
		for i, f := range doc.Objects(c.member) {
			if err := m.loadFolder(c.kind, f, c.content); err != nil {
				return nil, fmt.Errorf("%s[%d]: %w", c.member, i, err)
			}
		}
		m.layout = m.layout.Set(c.member, []string{})
	}
	for i, entry := range doc.Objects("deletedItems") {
		if err := m.loadDeleted(entry); err != nil {
			return nil, fmt.Errorf("deletedItems[%d]: %w", i, err)
		}
	}
	m.layout = m.layout.Set("masterCategories", []string{}).Set("deletedItems", []string{})
	return m, nil
}

func (m *Mailbox) loadFolder(kind Kind, doc rawjson.Object, content string) error {
	f := &folder{kind: kind, id: doc.Text("id"), doc: doc.Set(content, []string{}), tasks: map[string]*item{}}
	if f.id == "" {
		return errors.New("id is missing")
	}
	if _, err := m.folder(kind, f.id); err == nil {
		return fmt.Errorf("id %q is there twice", f.id)
	}
	m.folders[kind] = append(m.folders[kind], f)
	for i, body := range doc.Objects(content) {
		it := &item{kind: kind, id: body.Text("id"), folder: f, mailbox: m, body: body}
		it.immutable = ids.Immutable(m.ID, string(kind), it.id)
		if err := m.checkID(it); err != nil {
			return fmt.Errorf("%s[%d]: %w", content, i, err)
		}
		m.put(it)
	}
	return nil
}

func (m *Mailbox) checkID(it *item) error {
	if it.id == "" {
		return errors.New("id is missing")
	}
	_, taken := m.items[it.kind][it.id]
	if it.kind == Tasks {
		_, taken = it.folder.tasks[it.id]
	}
	if taken {
		return fmt.Errorf("id %q is there twice", it.id)
	}
	return nil
}

// loadDeleted reads an entry of Deleted Items as MarshalJSON writes it.
func (m *Mailbox) loadDeleted(entry rawjson.Object) error {
	kind, body := Kind(entry.Text("kind")), entry.Object("item")
	f, err := m.folder(kind, entry.Text("folderId"))
	if err != nil {
		return fmt.Errorf("folderId %q is no folder of kind %q", entry.Text("folderId"), kind)
	}
	it := &item{
		kind: kind, id: body.Text("id"), immutable: entry.Text("immutableId"), former: entry.Text("formerId"),
		folder: f, mailbox: m, deleted: true, body: body,
	}
	if it.immutable == "" {
		it.immutable = ids.Immutable(m.ID, string(kind), it.id)
	}
	if err := m.checkID(it); err != nil {
		return err
	}
	m.deleted = append(m.deleted, it)
	if kind != Tasks {
		m.index(it)
	}
	return nil
}
