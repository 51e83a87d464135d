// Package transfer is the mailbox export and import API of Graph v1.0: where a
// mailbox keeps its items, items as opaque streams, and the way back.
//
// It promises what the Graph docs of mailbox, mailboxFolder, mailboxItem and
// import-exchange-mailbox-item describe: folder ids of its own, twenty items an
// export, answers per item in any order, an import address on another host that
// takes no Authorization header, and copies under new ids, immutable ones too.
// A stream carries every member of an item, so that nothing is lost on the way
// out and back; a stream that was changed is refused.
//
// It refuses requests without the API's own application permissions, and clouds
// other than the global one. Only folders of contacts, events and tasks can be
// imported into, each item into a folder of its kind; streams are the
// sandbox's own, not Exchange's.
package transfer

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// Service answers for one tenant.
type Service struct {
	Tenant *tenant.Tenant
	// Absent plays a cloud that has no such API: all but the global one.
	Absent bool
	// Shuffle gives the order in which the n answers of an export come.
	Shuffle func(n int) []int
	Now     func() time.Time
	// Key signs the tokens of import addresses.
	Key []byte

	once  sync.Once
	boxes map[string]*tenant.Mailbox // by mailbox id, in lower case
}

// The API's application permissions (Graph docs, permissions reference). Each
// list is of those that suffice.
var (
	readUsers   = []string{"User.Read.All", "User.ReadWrite.All"}
	readFolders = []string{"MailboxFolder.Read.All", "MailboxFolder.ReadWrite.All"}
	readItems   = []string{"MailboxItem.Read.All", "MailboxItem.Export.All", "MailboxItem.ImportExport.All"}
	exportItems = []string{"MailboxItem.Export.All", "MailboxItem.ImportExport.All"}
	importItems = []string{"MailboxItem.ImportExport.All"}
)

// allowed refuses an application that has none of the permissions, or a cloud
// that knows no such path.
func (s *Service) allowed(r *wire.Request, segment string, enough []string) error {
	if s.Absent {
		return wire.NoSegment(segment)
	}
	if !slices.ContainsFunc(enough, func(role string) bool { return slices.Contains(r.Roles, role) }) {
		return &wire.Fail{Status: 403, Code: "ErrorAccessDenied", Message: "Access is denied. Check credentials and try again."}
	}
	return nil
}

// MailboxID is the id by which the API knows a mailbox.
func (s *Service) MailboxID(m *tenant.Mailbox) string {
	return "MBX:" + ids.GUID(m.ID, "mailbox", 0) + "@" + s.Tenant.ID()
}

// Mailbox finds a mailbox by the API's id, without regard to case.
func (s *Service) Mailbox(id string) (*tenant.Mailbox, bool) {
	s.once.Do(func() {
		s.boxes = map[string]*tenant.Mailbox{}
		for _, m := range s.Tenant.Mailboxes() {
			if m.Enabled {
				s.boxes[strings.ToLower(s.MailboxID(m))] = m
			}
		}
	})
	m, ok := s.boxes[strings.ToLower(id)]
	return m, ok
}

// Settings serves /users/{id}/settings/exchange, which takes no query option
// (Graph docs, usersettings-list-exchange); path is what lies below the user.
func (s *Service) Settings(r *wire.Request, m *tenant.Mailbox, path []string) (wire.Answer, error) {
	if len(path) != 2 || !strings.EqualFold(path[1], "exchange") {
		return wire.Answer{}, wire.NoSegment(strings.Join(path, "/"))
	}
	if err := s.allowed(r, "settings", readUsers); err != nil {
		return wire.Answer{}, err
	}
	if r.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	if err := r.Only(); err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(200, "users('"+m.ID+"')/settings/exchange", rawjson.Of("primaryMailboxId", s.MailboxID(m)))
}

// MailboxOf is the mailbox that a path below /v1.0 reaches through the API.
func (s *Service) MailboxOf(path []string) (*tenant.Mailbox, bool) {
	if !Handles(path) || len(path) < 4 {
		return nil, false
	}
	return s.Mailbox(path[3])
}

// Handles tells whether a path below /v1.0 is the API's.
func Handles(path []string) bool {
	return len(path) > 1 && strings.EqualFold(path[0], "admin") && strings.EqualFold(path[1], "exchange")
}

// Exports tells whether a path is that of an export.
func Exports(path []string) bool {
	return Handles(path) && strings.EqualFold(path[len(path)-1], "exportItems")
}

// Serve answers /admin/exchange/….
func (s *Service) Serve(r *wire.Request) (wire.Answer, error) {
	if s.Absent {
		return wire.Answer{}, wire.NoSegment("exchange")
	}
	if len(r.Path) < 5 || !strings.EqualFold(r.Path[2], "mailboxes") {
		return wire.Answer{}, wire.NoSegment(r.Path[len(r.Path)-1])
	}
	m, ok := s.Mailbox(r.Path[3])
	if !ok {
		return wire.Answer{}, tenant.ErrNotFound
	}
	at, rest := &place{Request: r, service: s, box: m}, r.Path[5:]
	switch strings.ToLower(r.Path[4]) {
	case "folders":
		return at.folders(rest)
	case "exportitems":
		if len(rest) == 0 {
			return at.export()
		}
	case "createimportsession":
		if len(rest) == 0 {
			return at.session()
		}
	}
	return wire.Answer{}, wire.NoSegment(r.Path[len(r.Path)-1])
}

// place is a request at a mailbox.
type place struct {
	*wire.Request
	service *Service
	box     *tenant.Mailbox
}

// context is the @odata.context of what lies in the mailbox.
func (p *place) context(what string) string {
	return "admin/exchange/mailboxes('" + p.service.MailboxID(p.box) + "')/" + what
}
