package graphapi

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/parts"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/upload"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// Upload takes the pieces of an event's attachment, at a host that is not
// Graph's: the token in the query says who may, and an Authorization header is
// refused (Graph docs, outlook-large-attachments).
func (s *Service) Upload(w http.ResponseWriter, req *http.Request) {
	r := s.begin(req)
	a, err := s.uploaded(r, req)
	if err != nil {
		a = r.Refuse(err)
	}
	s.Gate.Count(true, a.Status)
	s.record(r, a.Status)
	s.write(w, r, a)
}

func (s *Service) uploaded(r *wire.Request, req *http.Request) (wire.Answer, error) {
	var none wire.Answer
	if req.Header.Get("Authorization") != "" {
		return none, &wire.Fail{Status: 401, Code: "InvalidAudience", Message: "The upload URL is authorized by itself; send no Authorization header."}
	}
	if req.Method != http.MethodPut {
		return none, wire.NotAllowed(req.Method)
	}
	path, err := wire.Segments(wire.Version + "/" + strings.TrimPrefix(r.Target, parts.Path))
	if err != nil {
		return none, err
	}
	if len(path) != 4 || !strings.EqualFold(path[0], "Users") || !strings.EqualFold(path[2], "AttachmentSessions") {
		return none, wire.NoSegment(strings.Join(path, "/"))
	}
	query, err := url.ParseQuery(r.RawQuery)
	if err != nil {
		return none, wire.BadQuery("The query string is malformed.")
	}
	m, found := s.Tenant.Mailbox(path[1])
	if !found {
		return none, tenant.ErrNotFound
	}
	session, err := m.Session(path[3])
	if err != nil || session.Kind != string(tenant.Events) {
		return none, tenant.ErrNotFound
	}
	if query.Get("authtoken") != session.Token {
		return none, &wire.Fail{Status: 401, Code: "InvalidAuthenticationToken", Message: "The token of the upload URL is not valid."}
	}
	// One byte more than a piece can have is enough to refuse it.
	if r.Body, err = io.ReadAll(io.LimitReader(req.Body, upload.MaxPiece+1)); err != nil {
		return none, wire.BadBody("IO error during request payload read")
	}
	return parts.Put(r, m, session)
}
