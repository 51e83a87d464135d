package graphapi

import (
	"net/http"

	"github.com/riva-prep/riva-prep/pkg/sandbox/transfer"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// maxImport is the largest body of an import, in bytes. Microsoft names no
// limit; a message can have 150 MB, which base64 makes 200.
const maxImport = 200 << 20

// exchange serves /admin/exchange/….
func (s *Service) exchange(r *wire.Request) (wire.Answer, error) {
	if m, ok := s.Transfer.MailboxOf(r.Path); ok {
		if err := s.Access.Mailbox(r, m, r.Path[4:]); err != nil {
			return wire.Answer{}, err
		}
	}
	return s.Transfer.Serve(r)
}

// importItem serves an import address: within the limits of the application
// that opened the session and of its mailbox. The token in the query goes
// nowhere else.
func (s *Service) importItem(r *wire.Request, req *http.Request) wire.Answer {
	a := s.imported(r, req)
	s.Gate.Count(true, a.Status)
	s.record(r, a.Status)
	return a
}

func (s *Service) imported(r *wire.Request, req *http.Request) wire.Answer {
	session, err := s.Transfer.Open(req)
	if err != nil {
		return r.Refuse(err)
	}
	r.App, r.Path = session.App, []string{"users", session.Mailbox, "importItem"}
	if r.Body, err = readUpTo(maxImport, req); err != nil {
		return r.Refuse(err)
	}
	headers, leave, refused := s.enter(r)
	if refused != nil {
		return *refused
	}
	defer leave()
	s.Pace.wait(s.Pace.Service, "service", identity(r.Method, r.Target, ""))
	a, err := s.Transfer.Import(r, session)
	if err != nil {
		a = r.Refuse(err)
	}
	add(&a, headers)
	return a
}

// query is a request's query as far as it may be seen: an import address has
// its secret there.
func query(req *http.Request) string {
	if transfer.IsImport(req.URL.Path) {
		return ""
	}
	return req.URL.RawQuery
}
