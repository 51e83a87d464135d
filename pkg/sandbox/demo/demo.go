// Package demo makes the sandbox's built-in tenant: a small company whose
// people have had Outlook CRM plug-ins fill their mailboxes for years.
//
// It promises the same tenant every time, byte for byte, with one of everything
// that makes a purge dangerous: spelling variants of the plug-in's category, its
// opposite ("Don't Sync …"), items with both, meetings with outside attendees
// and both sides of a meeting in two mailboxes, series with moved and cancelled
// occurrences, attendees on one occurrence only, a calendar that cannot be
// edited and one that belongs to somebody else, flagged mails, another person's
// task list. People and companies are invented, their domains end in .example.
package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// The categories that the plug-ins left.
const (
	Salesforce = "Sync with Salesforce"
	Opposite   = "Don't Sync with Salesforce"
	Dynamics   = "Tracked to Dynamics 365"
	Personal   = "Personal"
)

// TenantID is the demo tenant's id.
const TenantID = "7c1f6a52-90c4-4f0e-8f6b-52d2f5f0a3de"

// today is the day around which everything happens.
var today = time.Date(2026, time.November, 16, 0, 0, 0, 0, time.UTC)

// Tenant makes the demo tenant.
func Tenant() *tenant.Tenant {
	t, err := tenant.Load(bytes.NewReader(File()))
	if err != nil {
		// The file is made by this package alone and by nothing that varies.
		panic(fmt.Sprintf("demo: the built-in tenant does not load: %v", err))
	}
	return t
}

// File is the demo tenant in tenant-file form.
func File() []byte {
	m := &maker{rand: rand.New(rand.NewPCG(20261116, 7))}
	for n := range staff {
		m.people = append(m.people, m.person(n))
	}
	m.meetings()
	users := make([]rawjson.Object, 0, len(m.people))
	for _, p := range m.people {
		users = append(users, p.user())
	}
	var first, all []string
	for n, p := range m.people {
		if all = append(all, p.id); n < 4 {
			first = append(first, p.id)
		}
	}
	wave := m.guid("group")
	groups := []rawjson.Object{
		rawjson.Of("id", wave, "displayName", "crm-wave-1", "mail", "crm-wave-1@contoso.example", "members", first),
		rawjson.Of("id", m.guid("group"), "displayName", "crm-everyone", "mail", "crm-everyone@contoso.example",
			"members", append([]string{wave}, all[4:]...)),
	}
	return rawjson.Of("tenantId", TenantID, "displayName", "Contoso Nordic (demo)", "users", users, "groups", groups)
}

// maker makes the tenant; its numbers never repeat.
type maker struct {
	rand   *rand.Rand
	seq    uint64
	people []*person
}

// person is an account while its mailbox is being filled.
type person struct {
	employee
	*maker
	id              string
	events, project []rawjson.Object
	folders, lists  []rawjson.Object
	defaultFolder   string
}

func (m *maker) person(n int) *person {
	p := &person{employee: staff[n], maker: m, id: m.guid(staff[n].name)}
	if p.purpose == "" {
		return p
	}
	p.defaultFolder = m.newID("contacts")
	p.fillContacts(n)
	p.fillEvents(n)
	p.fillTasks(n)
	return p
}

// address is the person's mail address.
func (p *person) address() string { return mailName(p.name) + "@contoso.example" }

// mark is the category of the person's plug-in.
func (p *person) mark() string {
	if p.dynamics {
		return Dynamics
	}
	return Salesforce
}

func (p *person) user() rawjson.Object {
	user := rawjson.Of("id", p.id, "userPrincipalName", p.address(), "mail", p.address(), "displayName", p.name)
	if p.purpose == "" {
		return user.Set("userPurpose", "user").Set("mailbox", false).Set("masterCategories", []string{}).
			Set("contactFolders", []string{}).Set("calendars", []string{}).Set("todoLists", []string{})
	}
	return user.Set("userPurpose", p.purpose).Set("mailbox", true).Set("masterCategories", p.masterCategories()).
		Set("contactFolders", p.folders).Set("calendars", p.allCalendars()).Set("todoLists", p.lists)
}

func (p *person) masterCategories() []rawjson.Object {
	names := []string{"Red category", p.mark(), "Holiday"}
	if !p.dynamics {
		names = append(names, Opposite)
	}
	out := make([]rawjson.Object, 0, len(names))
	for n, name := range names {
		out = append(out, rawjson.Of("id", p.guid("category"), "displayName", name, "color", fmt.Sprintf("preset%d", n*4)))
	}
	return out
}

// categories draws what an item carries.
func (p *person) categories() []string {
	draw := p.rand.IntN(100)
	if p.dynamics {
		switch {
		case draw < 55:
			return []string{Dynamics}
		case draw < 62:
			return []string{Personal}
		}
		return []string{}
	}
	switch {
	case draw < 42:
		return []string{Salesforce}
	case draw < 46:
		return []string{strings.ToLower(Salesforce)}
	case draw < 50:
		return []string{Salesforce + " "}
	case draw < 57:
		return []string{Opposite}
	case draw < 59:
		return []string{Salesforce, Opposite}
	case draw < 63:
		return []string{"Red category", Salesforce}
	case draw < 69:
		return []string{Personal}
	case draw < 73:
		return []string{"Red category"}
	}
	return []string{}
}

func (m *maker) digest(purpose string) []byte {
	m.seq++
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(purpose), m.seq))
	return sum[:]
}

// newID makes an identifier in the shape of Exchange's.
func (m *maker) newID(purpose string) string {
	sum := m.digest(purpose)
	return "AAMkAD" + base64.URLEncoding.EncodeToString(append(sum, m.digest(purpose)[:22]...)) + "AAA="
}

func (m *maker) guid(purpose string) string {
	h := hex.EncodeToString(m.digest(purpose)[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// versioned begins an item: its version, id and times.
func (m *maker) versioned(purpose string, created time.Time) rawjson.Object {
	key := base64.StdEncoding.EncodeToString(m.digest(purpose)[:22])
	stamp := created.Add(time.Duration(m.rand.IntN(30000)) * time.Second).Format("2006-01-02T15:04:05Z")
	return rawjson.Of("@odata.etag", `W/"`+key+`"`, "id", m.newID(purpose), "createdDateTime", stamp,
		"lastModifiedDateTime", stamp, "changeKey", key)
}

func pick[T any](m *maker, from []T) T { return from[m.rand.IntN(len(from))] }

// with lays members over an object.
func with(o rawjson.Object, pairs ...any) rawjson.Object { return o.Merge(rawjson.Of(pairs...)) }
